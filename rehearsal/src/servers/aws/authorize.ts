import { runSimulation, type Simulation } from "@cloud-copilot/iam-simulate";
import type { Policy, Role } from "./iam-reader.ts";
import type { Permission } from "./permission.ts";

export interface Caller {
  /** `arn:aws:sts::…:assumed-role/name/session`. */
  readonly arn: string;
  readonly role: Role;
  /** Narrows the role; undefined: the role as it is. */
  readonly sessionPolicy: unknown;
}

/** Whether IAM's rules allow it: conditions, boundaries and session policy included. Any doubt is a no. */
export async function isAllowed(caller: Caller, needed: Permission): Promise<boolean> {
  const account = accountOf(caller.arn);
  const decide = (resource: string): ReturnType<typeof runSimulation> =>
    runSimulation(
      simulation(
        {
          principal: caller.arn,
          action: needed.action,
          resource: { resource, accountId: account },
          contextVariables: { ...needed.context },
        },
        {
          identityPolicies: caller.role.policies,
          boundaries: caller.role.boundaries,
          ...(caller.sessionPolicy === undefined ? {} : { sessionPolicy: caller.sessionPolicy }),
        },
      ),
      {},
    );
  const result = await decide(needed.resource);
  if (result.resultType !== "error") return result.overallResult === "Allowed";
  if (result.errors.message === "invalid.action") return false;
  // Actions without resource-level permissions are judged on every resource, as IAM does.
  const general = await decide("*");
  return general.resultType !== "error" && general.overallResult === "Allowed";
}

/** Whether the role's trust policy lets this identity in. `claims` are those of a verified token. */
export async function isTrusted(
  role: Role,
  provider: string,
  claims: Readonly<Record<string, string>>,
): Promise<boolean> {
  const issuer = provider.split(":oidc-provider/")[1] ?? "";
  const result = await runSimulation(
    simulation(
      {
        principal: provider,
        action: "sts:AssumeRoleWithWebIdentity",
        resource: { resource: role.arn, accountId: accountOf(role.arn) },
        contextVariables: Object.fromEntries(
          Object.entries(claims).map(([claim, value]) => [standInKey(claim), value]),
        ),
      },
      { identityPolicies: [], boundaries: [], resourcePolicy: withStandInKeys(role.trust, issuer) },
    ),
    {},
  );
  return result.resultType !== "error" && result.overallResult === "Allowed";
}

function accountOf(arn: string): string {
  return arn.split(":")[4] ?? "";
}

/** The simulator knows only some of the provider's condition keys; a tag's key stands for each of them. */
function standInKey(claim: string): string {
  return `aws:RequestTag/oidc-${claim.toLowerCase()}`;
}

function withStandInKeys(trust: unknown, issuer: string): unknown {
  const escaped = issuer.replaceAll(/[.*+?^${}()|[\]\\]/g, "\\$&");
  const keys = new RegExp(`"${escaped}:([A-Za-z_]+)"(?=\\s*:)`, "gi");
  return JSON.parse(
    JSON.stringify(trust).replaceAll(keys, (_, claim: string) => JSON.stringify(standInKey(claim))),
  );
}

interface Policies {
  readonly identityPolicies: readonly Policy[];
  readonly boundaries: readonly Policy[];
  readonly sessionPolicy?: unknown;
  readonly resourcePolicy?: unknown;
}

function simulation(request: Simulation["request"], policies: Policies): Simulation {
  return {
    request,
    identityPolicies: policies.identityPolicies.map(({ name, policy }) => ({ name, policy })),
    serviceControlPolicies: [],
    resourceControlPolicies: [],
    ...(policies.sessionPolicy === undefined ? {} : { sessionPolicy: policies.sessionPolicy }),
    ...(policies.resourcePolicy === undefined ? {} : { resourcePolicy: policies.resourcePolicy }),
    ...(policies.boundaries.length === 0
      ? {}
      : { permissionBoundaryPolicies: policies.boundaries.map(({ name, policy }) => ({ name, policy })) }),
  };
}
