import type { LockHolder } from "./locks.ts";

/** What lies in one of the two places where Terraform keeps a state's lock. */
export type LockCopy =
  | { readonly status: "free" }
  /** `revision` names exactly what was read, for {@link LockPlace.release}. */
  | { readonly status: "held"; readonly holder: LockHolder; readonly revision: string }
  | { readonly status: "unknown"; readonly reason: string };

/** The lock file beside a state, or its item in the lock table. Locks are Terraform's: none is ever written. */
export interface LockPlace {
  readonly kind: LockHolder["kind"];
  /** Such as "lock file s3://bucket/key.tflock". */
  readonly name: string;
  /** Never throws: what cannot be read is `unknown`. */
  read(): Promise<LockCopy>;
  /**
   * Deletes the lock if, and only if, it is still the one that was read; one condition of the request that
   * deletes, so nothing can come in between. False: it is not. Throws ActionError when it cannot be told.
   */
  release(revision: string): Promise<boolean>;
}

export interface LockPlaces {
  readonly places: readonly LockPlace[];
  readonly close: () => void;
}
