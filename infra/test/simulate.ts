import { runSimulation } from "@cloud-copilot/iam-simulate";
import type { Configuration } from "./synthesis.ts";

/** Roles of a synthesized stack with their policies and boundaries, as IAM would judge them. */
export class Roles {
  private readonly configuration: Configuration;
  private readonly account: string;

  constructor(configuration: Configuration, account: string) {
    this.configuration = configuration;
    this.account = account;
  }

  get names(): string[] {
    return Object.values(this.configuration.resource["aws_iam_role"] ?? {}).map(({ name }) => String(name));
  }

  trust(name: string): { readonly Statement: readonly TrustStatement[] } {
    return JSON.parse(String(this.role(name)["assume_role_policy"]));
  }

  /** Judged by the role's policy under its boundary, or by one of them alone. */
  async allows(name: string, asked: Asked, by: "both" | "rights" | "boundary" = "both"): Promise<boolean> {
    const result = await runSimulation(
      {
        request: {
          principal: `arn:aws:sts::${this.account}:assumed-role/${name}/test`,
          action: asked.action,
          resource: { resource: asked.resource, accountId: this.account },
          contextVariables: { ...asked.context },
        },
        identityPolicies: [{ name: "rights", policy: by === "boundary" ? everything : this.rights(name) }],
        serviceControlPolicies: [],
        resourceControlPolicies: [],
        ...(by === "rights" ? {} : this.boundary(name)),
      },
      {},
    );
    if (result.resultType === "error") throw new Error(`${asked.action}: ${JSON.stringify(result.errors)}`);
    return result.overallResult === "Allowed";
  }

  private role(name: string): Record<string, unknown> {
    const found = Object.values(this.configuration.resource["aws_iam_role"] ?? {}).find(
      (role) => role["name"] === name,
    );
    if (found === undefined) throw new Error(`no role ${name}`);
    return found;
  }

  private rights(name: string): unknown {
    const policies = this.configuration.resource["aws_iam_role_policy"] ?? {};
    return JSON.parse(String(policies[`${name}-rights`]?.["policy"]));
  }

  private boundary(name: string) {
    const reference = this.role(name)["permissions_boundary"];
    if (typeof reference !== "string") return {};
    const id = /aws_iam_policy\.([\w-]+)\.arn/.exec(reference)?.[1] ?? "";
    return { permissionBoundaryPolicies: [{ name: id, policy: managedPolicy(this.configuration, id) }] };
  }
}

/** A policy of the identity stack, by its name there. */
export function managedPolicy(configuration: Configuration, id: string): unknown {
  return JSON.parse(String(configuration.resource["aws_iam_policy"]?.[id]?.["policy"]));
}

const everything = { Version: "2012-10-17", Statement: [{ Effect: "Allow", Action: "*", Resource: "*" }] };

export interface Asked {
  readonly action: string;
  readonly resource: string;
  readonly context?: Readonly<Record<string, string | string[]>>;
}

export interface TrustStatement {
  readonly Effect: string;
  readonly Principal: { readonly Federated?: string };
  readonly Action: string;
  readonly Condition?: Readonly<Record<string, Readonly<Record<string, string | readonly string[]>>>>;
}
