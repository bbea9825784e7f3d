import type { PlanRecord } from "../../shared/src/contracts/plan-record.ts";
import type { StoredMarker } from "../../shared/src/deployment-marker.ts";
import type { History } from "./marker.ts";

export interface Deployed {
  /** Undefined: nothing was deployed yet. */
  readonly marker: StoredMarker | undefined;
  readonly history: Pick<History, "commit" | "isAncestor">;
  /** Every record of a configuration. */
  readonly recordsOf: (digest: string) => Promise<readonly PlanRecord[]>;
}

/**
 * Why a record counts no more; undefined: it counts. A review is good for one deployment: once its
 * configuration has been deployed after it was made, or a newer plan of its pull request, or a later commit that
 * has it merged, it is spent. What is found then has come since, and nobody reviewed it.
 */
export async function whySpent(record: PlanRecord, deployed: Deployed): Promise<string | undefined> {
  if (deployed.marker === undefined) return undefined;
  const { marker } = deployed.marker;
  for (const { digest, appliedAt } of [marker, ...(marker.earlier ?? [])]) {
    if (Date.parse(appliedAt) < Date.parse(record.createdAt)) continue;
    if (digest === record.digest) return `its configuration was deployed on ${appliedAt}`;
    const others = await deployed.recordsOf(digest);
    if (others.some((other) => replaces(other, record, appliedAt)))
      return `a newer plan of pull request #${record.pullRequest} was deployed on ${appliedAt}`;
  }
  return whyMerged(record, marker, deployed.history);
}

/** Whether another record is the newer plan of the same pull request, and was there at a deployment. */
function replaces(other: PlanRecord, record: PlanRecord, appliedAt: string): boolean {
  const [older, newer, end] = [record.createdAt, other.createdAt, appliedAt].map((time) => Date.parse(time));
  const same = record.pullRequest !== undefined && other.pullRequest === record.pullRequest;
  return same && Number(older) < Number(newer) && Number(newer) <= Number(end);
}

async function whyMerged(
  { pullRequest, head }: PlanRecord,
  marker: StoredMarker["marker"],
  history: Deployed["history"],
): Promise<string | undefined> {
  // A plan by hand is of a commit that main has already.
  if (pullRequest === undefined) return undefined;
  // Only merge commits keep the head; of a squashed one this clone knows nothing.
  if ((await history.commit(head)) === undefined) return undefined;
  if (!(await history.isAncestor(head, marker.commit))) return undefined;
  return `it was merged before ${marker.commit.slice(0, 7)}, which was deployed on ${marker.appliedAt}`;
}
