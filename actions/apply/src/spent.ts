import type { PlanRecord } from "../../shared/src/contracts/plan-record.ts";
import type { StoredMarker } from "../../shared/src/deployment-marker.ts";
import type { History } from "./marker.ts";

/**
 * Why a record counts no more; undefined: it counts. A review is good for one deployment: once its
 * configuration has been deployed after it was made, or a later commit that has it merged, it is spent. What is
 * found then has come since, and nobody reviewed it.
 */
export async function whySpent(
  record: PlanRecord,
  stored: StoredMarker | undefined,
  history: Pick<History, "commit" | "isAncestor">,
): Promise<string | undefined> {
  if (stored === undefined) return undefined;
  const { marker } = stored;
  const deployed = [marker, ...(marker.earlier ?? [])].find(
    ({ digest, appliedAt }) =>
      digest === record.digest && Date.parse(appliedAt) >= Date.parse(record.createdAt),
  );
  if (deployed !== undefined) return `its configuration was deployed on ${deployed.appliedAt}`;
  // A plan by hand is of a commit that main has already.
  if (record.pullRequest === undefined) return undefined;
  // Only merge commits keep the head; of a squashed one this clone knows nothing.
  if ((await history.commit(record.head)) === undefined) return undefined;
  if (!(await history.isAncestor(record.head, marker.commit))) return undefined;
  return `it was merged before ${marker.commit.slice(0, 7)}, which was deployed on ${marker.appliedAt}`;
}
