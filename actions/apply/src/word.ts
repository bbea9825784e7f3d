import type { PlanRecord } from "../../shared/src/contracts/plan-record.ts";
import { type Trip, wordLabel } from "../../shared/src/guards.ts";
import type { PullRequests } from "../../shared/src/ports/pull-requests.ts";

/** What a guarded plan was reviewed in; none: it was let through without a review. */
export interface Guarded {
  readonly trips: readonly Trip[];
  readonly records: readonly PlanRecord[];
  /** Undefined: there is no token to ask GitHub with. */
  readonly pullRequests: PullRequests | undefined;
}

/**
 * Why a person's word for a guarded plan is missing; undefined: it was given. It is a label on the pull request,
 * set after the plan was made, and still there, by someone who may push.
 */
export async function missingWord({ trips, records, pullRequests }: Guarded): Promise<string | undefined> {
  const guarded = new Set(trips.flatMap(({ addresses }) => addresses));
  const asked = records.filter(({ changes }) => changes.some(({ address }) => guarded.has(address)));
  if (asked.length === 0) return "no pull request has this plan, so none can carry the word for it";
  if (pullRequests === undefined)
    return `without github-token it cannot be seen whether the pull request has the label ${wordLabel}`;
  for (const record of asked) {
    const fault = await faultOf(record, pullRequests);
    if (fault !== undefined) return fault;
  }
  return undefined;
}

async function faultOf(
  { pullRequest, createdAt }: PlanRecord,
  pullRequests: PullRequests,
): Promise<string | undefined> {
  if (pullRequest === undefined) return "the plan is of no pull request";
  try {
    const label = await pullRequests.labelled(pullRequest, wordLabel);
    const where = `pull request #${pullRequest}`;
    if (label === undefined) return `${where} lacks the label ${wordLabel}`;
    if (!(label.at.getTime() > Date.parse(createdAt)))
      return `the label ${wordLabel} on ${where} is older than the plan; take it off and set it again for this one`;
    if (!(await pullRequests.mayWrite(label.by)))
      return `the label ${wordLabel} on ${where} was set by ${label.by || "nobody known"}, who may not push to this repository`;
    return undefined;
  } catch (error) {
    return `GitHub did not say who set the label ${wordLabel}: ${error instanceof Error ? error.message : String(error)}`;
  }
}
