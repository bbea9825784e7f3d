import { ActionError } from "../../shared/src/action-error.ts";
import { type DeploymentMarker, deploymentsKeptDays } from "../../shared/src/contracts/plan-record.ts";
import { readMarker, type StoredMarker, writeMarker } from "../../shared/src/deployment-marker.ts";
import type { MainCommit } from "../../shared/src/ports/main-history.ts";
import type { ObjectStore } from "../../shared/src/ports/object-store.ts";

/** The part of git that tells how main came to be what it is. */
export interface History {
  /** Undefined for a commit that is not here. */
  commit(revision: string): Promise<string | undefined>;
  /** Commits of the first-parent line after `after` (undefined: from the beginning), newest first. */
  firstParents(after: string | undefined, upTo: string): Promise<readonly MainCommit[]>;
  changedFiles(base: string, head: string): Promise<readonly string[]>;
  /** Whether `ancestor` is an ancestor of `commit`, or the same. Throws when either is unknown here. */
  isAncestor(ancestor: string, commit: string): Promise<boolean>;
}

export type Age = "first" | "newer" | "same" | "older" | "unrelated";

/** How a commit stands to another, the one that is deployed. */
export async function ageOf(
  commit: string,
  other: string | undefined,
  history: Pick<History, "isAncestor">,
): Promise<Age> {
  if (other === undefined) return "first";
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
  history: Pick<History, "isAncestor">,
): Promise<boolean> {
  let stored = read;
  for (let round = 1; round <= tries; round++) {
    const whole = { ...marker, earlier: earlierThan(marker, stored) };
    if (await writeMarker(store, whole, stored)) return true;
    stored = await readMarker(store, marker.stack);
    if ((await ageOf(marker.commit, stored?.marker.commit, history)) === "older") return false;
  }
  throw new ActionError(`${marker.stack}: it is applied, but the deployment marker could not be written`, {
    hint: "Run the job again: it will find nothing to do and write the marker.",
  });
}

/**
 * Notes that an apply begins, before it looks at anything: a run of a newer commit, which may find that main is
 * back at what is deployed, then sees that this is not so for sure. Whatever ends well drops the note. A stack
 * without a marker needs none: it is taken for not deployed anyway.
 */
export async function noteBegin(
  store: ObjectStore,
  read: StoredMarker | undefined,
  begun: NonNullable<DeploymentMarker["begun"]>,
): Promise<void> {
  if (read === undefined || (await writeMarker(store, { ...read.marker, begun }, read))) return;
  throw new ActionError(`${read.marker.stack}: nothing was applied, because another run is at it`, {
    hint: "Run the job again: it plans anew on what is deployed then.",
  });
}

/** Every other configuration that was deployed, so that a review is not taken for a second time. */
function earlierThan(
  { digest, appliedAt }: DeploymentMarker,
  stored: StoredMarker | undefined,
): NonNullable<DeploymentMarker["earlier"]> {
  if (stored === undefined) return [];
  const { marker } = stored;
  const oldest = Date.parse(appliedAt) - deploymentsKeptDays * 86_400_000;
  return [{ digest: marker.digest, appliedAt: marker.appliedAt }, ...(marker.earlier ?? [])].filter(
    (each) => each.digest !== digest && Date.parse(each.appliedAt) >= oldest,
  );
}
