import type { StackBackend } from "../contracts/stack-map.ts";
import type { Credentials } from "../ports/credentials.ts";
import type { LockCopy } from "../ports/lock-places.ts";
import type { LockState } from "../ports/locks.ts";
import { openLockPlaces } from "./lock-places.ts";

/**
 * Reads both of Terraform's locks. Never throws for what it cannot read: that is `unknown`, with the reason.
 */
export function createLockReader({ credentials }: { readonly credentials?: Credentials | undefined } = {}) {
  return async (backend: StackBackend): Promise<LockState> => {
    const { places, close } = await openLockPlaces(backend, credentials);
    try {
      return combine(await Promise.all(places.map((place) => place.read())));
    } finally {
      close();
    }
  };
}

function combine(copies: readonly LockCopy[]): LockState {
  const holders = copies.flatMap((copy) => (copy.status === "held" ? [copy.holder] : []));
  if (holders.length > 0) return { status: "held", holders };
  const reasons = copies.flatMap((copy) => (copy.status === "unknown" ? [copy.reason] : []));
  return reasons.length > 0 ? { status: "unknown", reason: reasons.join("; ") } : { status: "free" };
}
