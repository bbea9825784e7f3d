import { retry } from "../../shared/retry.ts";
import type { Archive } from "./archive.ts";
import { type ArchiveHour, checkHour, hoursAfter, rawLayerKey } from "./archive-hour.ts";
import {
  ArchiveUnavailableError,
  BadArchiveError,
  HourMissingError,
  LandingConflictError,
} from "./errors.ts";
import { type GzipSummary, inspectGzip } from "./gzip-inspection.ts";
import type { Manifest } from "./manifest.ts";
import { hasLanded, type ManifestRow } from "./manifest-row.ts";
import { compareWithUsual, usualDays } from "./nearly-empty.ts";
import { askedGap, failedGap, hoursLater, missingGap } from "./patience.ts";
import type { RawLayer } from "./raw-layer.ts";

export interface Deps {
  readonly archive: Archive;
  readonly rawLayer: RawLayer;
  readonly manifest: Manifest;
  readonly now: () => Date;
  readonly sleep: (ms: number) => Promise<void>;
  /** Ends the work early, with nothing landed. */
  readonly signal: AbortSignal;
}

interface Place {
  readonly hour: string;
  readonly bucket: string;
  readonly key: string;
}

/** What one attempt at an hour came to. */
export type Landing = Place &
  (
    | ({ readonly outcome: "landed" | "completed"; readonly etag: string } & GzipSummary & Usual)
    | { readonly outcome: "already-there" }
    | { readonly outcome: "missing"; readonly due: string; readonly reason: string }
    | { readonly outcome: "lost"; readonly reason: string }
  );

/** Where enough is known to compare with. */
interface Usual {
  readonly usualEvents?: number;
  readonly nearlyEmpty?: boolean;
}

/**
 * Lands one hour of the archive in the raw layer, all of it or nothing, and records it in the manifest. Whatever
 * ends it in between, the next attempt goes on from what is there.
 */
export async function landHour(hour: ArchiveHour, deps: Deps): Promise<Landing> {
  const now = deps.now();
  checkHour(hour, now);
  const place = { hour: hour.name, bucket: deps.rawLayer.bucket, key: rawLayerKey(hour) };
  const row = await deps.manifest.expect(hour, { now, due: hoursLater(now, askedGap) });
  if (hasLanded(row)) return { outcome: "already-there", ...place };
  try {
    const landed = await retry(() => landOnce(hour, place.key, deps), {
      attempts: 4,
      delayMs: 1_000,
      sleep: deps.sleep,
      retryable: (error) =>
        !deps.signal.aborted &&
        (error instanceof ArchiveUnavailableError || error instanceof LandingConflictError),
    });
    return await record(hour, { place, ...landed }, deps);
  } catch (error) {
    if (error instanceof HourMissingError) return missing(row, { place, reason: error.message }, deps);
    await noteFailure(row, error, deps);
    throw error;
  }
}

interface Landed {
  readonly how: "landed" | "completed";
  readonly etag: string;
  readonly summary: GzipSummary;
}

async function landOnce(
  hour: ArchiveHour,
  key: string,
  { archive, rawLayer, signal }: Deps,
): Promise<Landed> {
  if (!(await rawLayer.isThere(key))) {
    const file = await archive.open(hour.name, signal);
    const inspection = inspectGzip(file.body, file.contentType);
    const created = await rawLayer
      .create(key, inspection.body)
      .catch(told(`the archive's file for ${hour.name}`, "nothing was landed"));
    if (created !== undefined) return { how: "landed", etag: created.etag, summary: inspection.summary() };
  }
  // Somebody else wrote the object, or an earlier attempt that ended before it could record it.
  return inspectLanded(key, rawLayer);
}

/** Reads an object that is there as it was read when it was written. */
async function inspectLanded(key: string, rawLayer: RawLayer): Promise<Landed> {
  const { body, etag } = await rawLayer.open(key);
  const inspection = inspectGzip(body, undefined);
  const read = async () => {
    for await (const chunk of inspection.body) void chunk;
  };
  await read().catch(told(`the object ${key} in the raw layer`, "delete it to have the hour landed again"));
  return { how: "completed", etag, summary: inspection.summary() };
}

function told(subject: string, consequence: string): (error: unknown) => never {
  return (error) => {
    if (!(error instanceof BadArchiveError)) throw error;
    throw new BadArchiveError(`${subject} ${error.message}; ${consequence}`, { cause: error });
  };
}

async function record(
  hour: ArchiveHour,
  { place, how, etag, summary }: Landed & { readonly place: Place },
  { manifest, now }: Deps,
): Promise<Landing> {
  const before = await manifest.rows(hoursAfter(hour, -24 * usualDays), hoursAfter(hour, -1));
  const usual = compareWithUsual(summary.lines, before);
  const { bytes, uncompressedBytes, sha256, lines: events } = summary;
  const file = { key: place.key, bytes, uncompressedBytes, sha256, etag, events, usual };
  if (!(await manifest.landed(hour, file, now()))) return { outcome: "already-there", ...place };
  const told = usual === undefined ? {} : { usualEvents: usual.events, nearlyEmpty: usual.nearlyEmpty };
  return { outcome: how, ...place, ...summary, etag, ...told };
}

/** The archive does not have the hour: asked again after longer and longer, and given up in the end. */
async function missing(
  row: ManifestRow,
  { place, reason }: { readonly place: Place; readonly reason: string },
  { manifest, now }: Deps,
): Promise<Landing> {
  if (row.state === "lost") return { outcome: "lost", ...place, reason };
  const gap = missingGap(row.state === "missing" ? row.attempts + 1 : 1);
  if (gap === undefined) {
    await manifest.lost(row, now());
    return { outcome: "lost", ...place, reason };
  }
  const due = hoursLater(now(), gap);
  await manifest.missing(row, due);
  return { outcome: "missing", ...place, due: due.toISOString(), reason };
}

const errorCharacters = 300;

async function noteFailure(row: ManifestRow, error: unknown, { manifest, now }: Deps): Promise<void> {
  const text = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
  const due = hoursLater(now(), failedGap(row.attempts));
  try {
    await manifest.failed(row, text.slice(0, errorCharacters), due);
  } catch {
    // The failure itself is what is reported; the next attempt notes it again.
  }
}
