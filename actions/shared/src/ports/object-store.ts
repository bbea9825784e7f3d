/** Objects under keys with conditional writes: the part of S3 that records and markers need. */
export interface StoredObject {
  readonly body: string;
  readonly etag: string;
}

/** Undefined `ifMatch`: only when there is no object yet. */
export type WriteCondition = { readonly ifMatch: string | undefined } | "always";

export interface ObjectStore {
  /** Undefined when there is no such object; any doubt (403, 5xx) throws. */
  read(key: string): Promise<StoredObject | undefined>;
  /** Every key below the prefix, all pages. */
  list(prefix: string): Promise<readonly string[]>;
  /** False when the condition did not hold. */
  write(key: string, body: string, condition: WriteCondition): Promise<boolean>;
}
