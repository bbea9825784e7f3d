import { type Comparison, comparePlan, compareWithAll } from "../../shared/src/compare-plan.ts";
import type { PlanRecord } from "../../shared/src/contracts/plan-record.ts";
import type { Stack } from "../../shared/src/contracts/stack-map.ts";
import type { Plan } from "../../shared/src/plan-json.ts";
import type { Operation, StateIdentity } from "../../shared/src/terraform.ts";

/** What a plan that was found is held to. */
export interface Found {
  readonly stack: Stack;
  readonly operation: Operation;
  readonly plan: Plan;
  readonly state: StateIdentity | undefined;
}

/** records: what pull requests had reviewed. run: what an earlier job of this very run planned and showed. */
export type ReviewedIn = { readonly in: "records" } | { readonly in: "run"; readonly runId: string };

export type Verdict =
  /** `records` are those that the plan was held to, all of them. */
  | { readonly status: "reviewed"; readonly records: readonly PlanRecord[]; readonly alreadyDone: string[] }
  | { readonly status: "refused"; readonly records: readonly PlanRecord[]; readonly differences: string[] }
  | { readonly status: "spent"; readonly why: string; readonly differences: string[] }
  /** `why` there is nothing to hold it to, as far as more can be said than that. */
  | { readonly status: "unreviewed"; readonly why: string | undefined };

/** Whether everything in the found plan was reviewed, as a whole, in one record of the same configuration. */
export function review(found: Found, records: readonly PlanRecord[]): Verdict {
  let refusal: Verdict = { status: "unreviewed", why: undefined };
  for (const record of newestOfEach(records)) {
    const { equal, differences, alreadyDone } = withLineage(comparePlan(found.plan, record), found, [record]);
    if (equal) return { status: "reviewed", records: [record], alreadyDone };
    if (refusal.status === "unreviewed") refusal = { status: "refused", records: [record], differences };
  }
  return refusal;
}

/** Whether everything in the found plan was reviewed in the records taken together, none of them against it. */
export function reviewTogether(found: Found, records: readonly PlanRecord[]): Verdict {
  const newest = newestOfEach(records);
  if (newest.length === 0) return { status: "unreviewed", why: undefined };
  const { equal, differences, alreadyDone } = withLineage(compareWithAll(found.plan, newest), found, newest);
  return equal
    ? { status: "reviewed", records: newest, alreadyDone }
    : { status: "refused", records: newest, differences };
}

/** Whether a record is about this state and operation, and made where reviews count. */
export function isAbout(record: PlanRecord, { stack, operation }: Found, reviewedIn: ReviewedIn): boolean {
  const { bucket, key, workspace } = stack.backend;
  const sameState =
    record.backend.bucket === bucket && record.backend.key === key && record.backend.workspace === workspace;
  if (!sameState || record.operation !== operation) return false;
  // A plan by hand that nobody asked to apply is no review; a pull request is.
  return reviewedIn.in === "run" ? record.run.id === reviewedIn.runId : record.pullRequest !== undefined;
}

/** A newer plan replaces the older one of the same pull request, or of the same run. Newest first. */
function newestOfEach(records: readonly PlanRecord[]): PlanRecord[] {
  const sorted = records.toSorted((left, right) => Date.parse(right.createdAt) - Date.parse(left.createdAt));
  const seen = new Set<string>();
  return sorted.filter((record) => {
    const source =
      record.pullRequest === undefined ? `run ${record.run.id}` : `pull request ${record.pullRequest}`;
    return !seen.has(source) && seen.add(source);
  });
}

function withLineage(
  comparison: Comparison,
  { state }: Found,
  records: readonly PlanRecord[],
): Pick<Comparison, "equal" | "differences" | "alreadyDone"> {
  const same = records.every(
    (record) => record.state === undefined || record.state.lineage === state?.lineage,
  );
  if (same) return comparison;
  const difference =
    state === undefined
      ? "the state that was planned against is gone"
      : "the state is another one than was planned against (its lineage differs)";
  return { ...comparison, equal: false, differences: [difference, ...comparison.differences] };
}
