import { z } from "zod";
import { retry } from "../../shared/retry.ts";
import type { Archive } from "./archive.ts";
import { type ArchiveHour, checkHour, hourBefore, parseHour, rawLayerKey } from "./archive-hour.ts";
import {
  ArchiveUnavailableError,
  BadArchiveError,
  InvalidHourError,
  LandingConflictError,
} from "./errors.ts";
import { type GzipSummary, inspectGzip } from "./gzip-inspection.ts";
import type { RawLayer } from "./raw-layer.ts";

export interface Deps {
  readonly archive: Archive;
  readonly rawLayer: RawLayer;
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

/** What one invocation did. */
export type Landing = Place &
  (({ readonly outcome: "landed" } & GzipSummary) | { readonly outcome: "already-there" });

const Moment = z.iso.datetime({ offset: true });
const HourEvent = z.strictObject({ hour: z.string().optional(), time: Moment.optional() });
const ScheduledEvent = z.looseObject({ source: z.enum(["aws.scheduler", "aws.events"]), time: Moment });

/**
 * Lands one hour of the archive in the raw layer: all of it, or nothing. Event: `{ hour }` for that hour, `{ time }`
 * or an EventBridge event for the hour before that moment, `{}` or none for the hour before now.
 */
export async function landHour(event: unknown, deps: Deps): Promise<Landing> {
  const hour = requestedHour(event, deps.now());
  checkHour(hour, deps.now());
  return retry(() => landOnce(hour, deps), {
    attempts: 4,
    delayMs: 1_000,
    sleep: deps.sleep,
    retryable: (error) =>
      !deps.signal.aborted &&
      (error instanceof ArchiveUnavailableError || error instanceof LandingConflictError),
  });
}

/** A retry hours later must still mean the same hour, so the time of the schedule comes before the clock. */
function requestedHour(event: unknown, now: Date): ArchiveHour {
  const scheduled = ScheduledEvent.safeParse(event);
  if (scheduled.success) return hourBefore(new Date(scheduled.data.time));
  const parsed = HourEvent.safeParse(event ?? {});
  if (!parsed.success) {
    const faults = parsed.error.issues.map((issue) => [...issue.path, issue.message].join(": "));
    throw new InvalidHourError(
      `the event must be {"hour": "2026-09-25-5"}, {"time": "…"} or {}. ${faults.join("; ")}`,
    );
  }
  const { hour, time } = parsed.data;
  if (hour !== undefined) return parseHour(hour);
  return hourBefore(time === undefined ? now : new Date(time));
}

async function landOnce(hour: ArchiveHour, { archive, rawLayer, signal }: Deps): Promise<Landing> {
  const key = rawLayerKey(hour);
  const place = { hour: hour.name, bucket: rawLayer.bucket, key };
  if (await rawLayer.isThere(key)) return { outcome: "already-there", ...place };
  const file = await archive.open(hour.name, signal);
  const inspection = inspectGzip(file.body, file.contentType);
  try {
    const created = await rawLayer.create(key, inspection.body);
    return created
      ? { outcome: "landed", ...place, ...inspection.summary() }
      : { outcome: "already-there", ...place };
  } catch (error) {
    if (!(error instanceof BadArchiveError)) throw error;
    throw new BadArchiveError(`the archive's file for ${hour.name} ${error.message}; nothing was landed`, {
      cause: error,
    });
  }
}
