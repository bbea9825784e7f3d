import type { Guard } from "./contracts/stack-map.ts";
import type { TrippedGuard } from "./contracts/stack-result.ts";
import { hasUnknown, type Plan, type PlannedChange } from "./plan-json.ts";
import { changeAction } from "./render-plan.ts";
import { scrub } from "./scrub.ts";

/** Label on a pull request that is a person's word for what trips a guard. */
export const wordLabel = "allow-destroy";

/** Arguments that hold a policy or trust document. */
const documents = new Set([
  "access_policies",
  "assume_role_policy",
  "inline_policy",
  "key_policy",
  "permissions_policy",
  "policy",
  "policy_document",
  "resource_policy",
  "trust_policy",
]);

/** A guard and the resources that trip it. */
export interface Trip extends TrippedGuard {
  readonly addresses: readonly string[];
}

/** What in a plan needs a person's word; nothing for a plan that needs none. */
export function trippedGuards(plan: Plan, guard: Guard): Trip[] {
  const going = plan.changes.filter(goes);
  const types = new Set(guard.protected);
  const say = (text: string) => scrub(text, plan.secrets);
  const trips: Trip[] = going
    .filter(({ type }) => types.has(type))
    .map((change) => ({
      rule: "protected-type",
      message: say(`${change.address} would be ${past(change)}, and ${change.type} is a protected type`),
      addresses: [change.address],
    }));
  if (going.length > guard.maxDeletes)
    trips.push({
      rule: "max-deletes",
      message: `${going.length} resources would be deleted or replaced; ${guard.maxDeletes} may be without a person's word`,
      addresses: going.map(({ address }) => address),
    });
  for (const change of plan.changes)
    for (const argument of hiddenDocuments(change))
      trips.push({
        rule: "unknown-policy",
        message: say(`${change.address}: ${argument} is only known after apply, so nobody could review it`),
        addresses: [change.address],
      });
  return trips;
}

function goes(change: PlannedChange): boolean {
  const action = changeAction(change);
  return action === "delete" || action === "replace";
}

const past = (change: PlannedChange) => (changeAction(change) === "delete" ? "deleted" : "replaced");

/** What the provider computes by itself is unknown at every creation and says nothing. */
function hiddenDocuments({ after, configured }: PlannedChange): string[] {
  return Object.entries((after ?? {}) as Readonly<Record<string, unknown>>)
    .filter(([name, value]) => documents.has(name) && configured?.has(name) !== false && hasUnknown(value))
    .map(([name]) => name);
}
