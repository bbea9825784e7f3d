import { ActionError } from "../../shared/src/action-error.ts";
import type { DeploymentMarker } from "../../shared/src/contracts/plan-record.ts";
import { readMarker, type StoredMarker, writeMarker } from "../../shared/src/deployment-marker.ts";
import type { ObjectStore } from "../../shared/src/ports/object-store.ts";

/** The part of git that tells which of two commits is the newer one. */
export interface History {
  /** Whether `ancestor` is an ancestor of `commit`, or the same. Throws when either is unknown here. */
  isAncestor(ancestor: string, commit: string): Promise<boolean>;
}

export type Age = "first" | "newer" | "same" | "older" | "unrelated";

/** How a commit stands to the one that is deployed. */
export async function ageOf(
  commit: string,
  deployed: StoredMarker | undefined,
  history: History,
): Promise<Age> {
  if (deployed === undefined) return "first";
  const other = deployed.marker.commit;
  if (commit === other) return "same";
  try {
    if (await history.isAncestor(other, commit)) return "newer";
    return (await history.isAncestor(commit, other)) ? "older" : "unrelated";
  } catch (cause) {
    throw new ActionError(`It cannot be told whether ${commit} is newer than what is deployed, ${other}`, {
      hint: "Check out with the whole history (fetch-depth: 0), so that an older run cannot undo a newer one.",
      cause,
    });
  }
}

const tries = 5;

/**
 * Notes what is deployed. When another run wrote meanwhile, the marker of the newer commit stays.
 * Returns false when it was the other one's.
 */
export async function noteDeployment(
  {
    store,
    marker,
    read,
  }: {
    readonly store: ObjectStore;
    readonly marker: DeploymentMarker;
    readonly read: StoredMarker | undefined;
  },
  history: History,
): Promise<boolean> {
  let stored = read;
  for (let round = 1; round <= tries; round++) {
    if (await writeMarker(store, marker, stored)) return true;
    stored = await readMarker(store, marker.stack);
    if ((await ageOf(marker.commit, stored, history)) === "older") return false;
  }
  throw new ActionError(`${marker.stack}: it is applied, but the deployment marker could not be written`, {
    hint: "Run the job again: it will find nothing to do and write the marker.",
  });
}
