import { IamRole } from "@cdktf/provider-aws/lib/iam-role/index.js";
import { IamRolePolicy } from "@cdktf/provider-aws/lib/iam-role-policy/index.js";
import type { PlatformStack } from "../../platform-stack.ts";
import { inlinePolicy, merged, type Statement } from "../../policy.ts";

export interface DeployRole {
  readonly name: string;
  readonly description: string;
  readonly trust: string;
  readonly statements: readonly Statement[];
  readonly sessionHours: number;
  /** ARN; undefined only for the role that manages the others. */
  readonly boundary: string | undefined;
}

/** IAM's default quota of a trust policy. */
const trustCharacters = 2048;

/** A role that jobs take by OIDC. */
export function deployRole(stack: PlatformStack, id: string, given: DeployRole): void {
  if (given.name.length > 64)
    throw new Error(
      `The role name ${given.name} has ${given.name.length} characters; IAM allows 64. Shorten the stack's id.`,
    );
  if (given.trust.length > trustCharacters)
    throw new Error(
      `The trust policy of ${given.name} has ${given.trust.length} characters; IAM allows ${trustCharacters}.`,
    );
  const role = new IamRole(stack, id, {
    name: given.name,
    description: given.description,
    assumeRolePolicy: given.trust,
    maxSessionDuration: given.sessionHours * 3600,
    ...(given.boundary === undefined ? {} : { permissionsBoundary: given.boundary }),
  });
  new IamRolePolicy(stack, `${id}-rights`, {
    name: "rights",
    role: role.name,
    policy: inlinePolicy(given.name, merged(given.statements)),
  });
}
