import { ActionError } from "../../shared/src/action-error.ts";
import type { LockCopy, LockPlace } from "../../shared/src/ports/lock-places.ts";
import type { LockHolder } from "../../shared/src/ports/locks.ts";

export interface Found {
  readonly place: LockPlace;
  readonly copy: LockCopy;
}

export interface Release {
  /** Places where this call deleted the lock. */
  readonly released: readonly LockHolder["kind"][];
  /** Other locks that were seen meanwhile, and left alone. */
  readonly others: readonly LockHolder[];
}

/** One place could not be released; what was done by then stays done. */
export class HalfReleasedError extends ActionError {
  readonly released: readonly LockHolder["kind"][];

  constructor(released: readonly LockHolder["kind"][], cause: unknown) {
    const what = cause instanceof Error ? cause.message : String(cause);
    const half = released.length > 0 ? "The lock is half released. " : "";
    const hint = cause instanceof ActionError ? cause.hint : undefined;
    super(`${half}${what}`, { cause, ...(hint === undefined ? {} : { hint }) });
    this.name = "HalfReleasedError";
    this.released = released;
  }
}

/** What both places hold. Throws when one cannot be read: such a lock is identified by nobody. */
export async function findLock(places: readonly LockPlace[]): Promise<readonly Found[]> {
  const found = await Promise.all(places.map(async (place) => ({ place, copy: await place.read() })));
  const reasons = found.flatMap(({ copy }) => (copy.status === "unknown" ? [copy.reason] : []));
  if (reasons.length === 0) return found;
  throw new ActionError(`Nothing was released: ${reasons.join("; ")}`, {
    hint: "A lock is released only when all that is there can be read. Give the role access; a lock that is damaged is for a person to look at and delete in the place that is named.",
  });
}

export function holdersOf(found: readonly Found[]): LockHolder[] {
  return found.flatMap(({ copy }) => (copy.status === "held" ? [copy.holder] : []));
}

/**
 * Deletes the lock with this id wherever it was found, each by one conditional request, so that a lock taken
 * since is never touched. DynamoDB goes first, since Terraform takes the file first: in the other order it
 * could take the file, and stumble over the item.
 */
export async function releaseFound(found: readonly Found[], lockId: string): Promise<Release> {
  const released: LockHolder["kind"][] = [];
  const others = holdersOf(found).filter(({ id }) => id !== lockId);
  const mine = found.toSorted((left, right) => left.place.kind.localeCompare(right.place.kind));
  for (const { place, copy } of mine) {
    if (copy.status !== "held" || copy.holder.id !== lockId) continue;
    try {
      if (await place.release(copy.revision)) released.push(place.kind);
      else others.push(...(await replacementAt(place, lockId)));
    } catch (cause) {
      throw new HalfReleasedError(released, cause);
    }
  }
  return { released, others };
}

/** What lies where a lock was that could not be deleted as read. Gone is well: its holder let go itself. */
async function replacementAt(place: LockPlace, lockId: string): Promise<LockHolder[]> {
  const copy = await place.read();
  if (copy.status === "free") return [];
  if (copy.status === "unknown") throw new ActionError(copy.reason);
  if (copy.holder.id !== lockId) return [copy.holder];
  throw new ActionError(`The ${place.name} was written anew with the same id, and was left alone`, {
    hint: "Terraform does not do that; find out what does before you try again.",
  });
}
