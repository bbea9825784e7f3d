/** A workflow run that may hold a lock, from the note it left, and what GitHub says of it. */
export interface HolderRun {
  readonly id: string;
  readonly attempt: number;
  readonly url: string;
  /** `unknown`: GitHub could not be asked, or did not say. */
  readonly status: "running" | "over" | "unknown";
  /** What GitHub said, or why nothing is known. */
  readonly detail: string;
}

/** Who holds a state lock, from Terraform's own lock information. */
export interface LockHolder {
  readonly id: string;
  readonly operation: string;
  readonly who: string;
  readonly version: string;
  /** As Terraform wrote it: RFC 3339 with nanoseconds. */
  readonly created: string;
  readonly path: string;
  /** Both places are read, always. */
  readonly kind: "lockfile" | "dynamodb";
  /** Runs that it may be; absent where that was not looked for, empty where none fits. */
  readonly runs?: readonly HolderRun[];
}

/** `unknown` is held: what cannot be read is never free. */
export type LockState =
  | { readonly status: "free" }
  | { readonly status: "held"; readonly holders: readonly LockHolder[] }
  | { readonly status: "unknown"; readonly reason: string };
