import type { ArchiveHour } from "./archive-hour.ts";
import type { ManifestRow } from "./manifest-row.ts";

/** What the file of an hour was found to be when it landed. */
export interface LandedFile {
  readonly key: string;
  readonly bytes: number;
  readonly uncompressedBytes: number;
  readonly sha256: string;
  readonly etag: string;
  readonly events: number;
  /** Undefined when there was nothing to compare it with. */
  readonly usual: { readonly events: number; readonly nearlyEmpty: boolean } | undefined;
}

export interface Asked {
  readonly now: Date;
  /** When it is asked for again, if nothing is heard of it until then. */
  readonly due: Date;
}

/**
 * The state of every hour. Each change is one conditional write that never leads backwards: of two at once one
 * counts, and one that comes late changes nothing.
 */
export interface Manifest {
  /** In the order of time; those that have a row. */
  rows(first: ArchiveHour, last: ArchiveHour): Promise<ManifestRow[]>;
  /** The hour's row, made if there was none: expected, to be asked for again at `due`. */
  expect(hour: ArchiveHour, asked: Asked): Promise<ManifestRow>;
  /** False when the row says already that the hour landed. */
  landed(hour: ArchiveHour, file: LandedFile, now: Date): Promise<boolean>;
  /** The archive does not have it; to be asked for again at `due`. False when the row is no longer the one given. */
  missing(row: ManifestRow, due: Date): Promise<boolean>;
  /** A missing hour is given up. False when the row is no longer the one given. */
  lost(row: ManifestRow, now: Date): Promise<boolean>;
  /** Notes why an attempt failed. Nothing changes when the hour landed meanwhile. */
  failed(row: ManifestRow, error: string, due: Date): Promise<void>;
  /** Rows of hours that are to be asked for by `now`, those first that wait longest. */
  dueToLand(now: Date, limit: number): Promise<ManifestRow[]>;
  /** Was asked for again. Nothing changes when something else happened to it meanwhile. */
  askedAgain(row: ManifestRow, asked: Asked): Promise<void>;
  /** To be ingested once more. False when the hour is in no state for that. */
  replay(hour: ArchiveHour, now: Date): Promise<boolean>;
}
