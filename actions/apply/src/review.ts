import { type Comparison, comparePlan } from "../../shared/src/compare-plan.ts";
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
  | { readonly status: "reviewed"; readonly record: PlanRecord; readonly alreadyDone: string[] }
  | { readonly status: "refused"; readonly record: PlanRecord; readonly differences: string[] }
  | { readonly status: "unreviewed" };

/** Whether everything in the found plan was reviewed, as a whole, in one record. */
export function review(found: Found, records: readonly PlanRecord[], reviewedIn: ReviewedIn): Verdict {
  const candidates = newestOfEach(records.filter((record) => concerns(record, found, reviewedIn)));
  let refusal: Verdict = { status: "unreviewed" };
  for (const record of candidates) {
    const { equal, differences, alreadyDone } = compare(found, record);
    if (equal) return { status: "reviewed", record, alreadyDone };
    if (refusal.status === "unreviewed") refusal = { status: "refused", record, differences };
  }
  return refusal;
}

function concerns(record: PlanRecord, { stack, operation }: Found, reviewedIn: ReviewedIn): boolean {
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

function compare(found: Found, record: PlanRecord): Comparison {
  const comparison = comparePlan(found.plan, record);
  if (record.state === undefined || found.state?.lineage === record.state.lineage) return comparison;
  const difference =
    found.state === undefined
      ? "the state that was planned against is gone"
      : "the state is another one than was planned against (its lineage differs)";
  return { ...comparison, equal: false, differences: [difference, ...comparison.differences] };
}
