import { IamRole } from "@cdktf/provider-aws/lib/iam-role/index.js";
import { IamRolePolicy } from "@cdktf/provider-aws/lib/iam-role-policy/index.js";
import { Construct } from "constructs";
import type { Naming } from "../../naming.ts";
import { inlinePolicy, merged, type Statement, serviceTrust } from "../../policy.ts";

export interface WorkloadRoleProps {
  readonly naming: Naming;
  /** Name within the stack. */
  readonly resource: string;
  /** Principal that takes the role, such as `lambda.amazonaws.com`. */
  readonly service: string;
  readonly statements: readonly Statement[];
}

/** Role of a function, job or schedule. The workload boundary holds it down, whatever its policy says. */
export class WorkloadRole extends Construct {
  readonly role: IamRole;
  readonly policy: IamRolePolicy;

  constructor(scope: Construct, id: string, { naming, resource, service, statements }: WorkloadRoleProps) {
    super(scope, id);
    const name = naming.name(resource);
    this.role = new IamRole(this, "role", {
      name,
      assumeRolePolicy: serviceTrust(service, naming.place.account),
      permissionsBoundary: naming.workloadBoundaryArn,
    });
    this.policy = new IamRolePolicy(this, "policy", {
      name: "rights",
      role: this.role.name,
      policy: inlinePolicy(name, merged(statements)),
    });
  }
}
