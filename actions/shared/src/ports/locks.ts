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
}

/** `unknown` is held: what cannot be read is never free. */
export type LockState =
  | { readonly status: "free" }
  | { readonly status: "held"; readonly holders: readonly LockHolder[] }
  | { readonly status: "unknown"; readonly reason: string };
