import { z } from "zod";
import { type ArchiveHour, parseHour } from "./archive-hour.ts";

const count = z.number().int().nonnegative();

/** What is known of one hour: a row of the manifest, as far as landing reads it. The jobs keep more in it. */
export const ManifestRow = z.looseObject({
  /** `2026-09-25` */
  date: z.iso.date(),
  /** Two digits. */
  hour: z.string().regex(/^\d{2}$/),
  state: z.enum(["expected", "missing", "lost", "landed", "quarantined", "processed"]),
  /** The next step, from `due` on; none when there is nothing to do. */
  pending: z.enum(["land", "ingest", "process"]).optional(),
  due: z.string().optional(),
  /** That failed since the hour came into its state: of any kind when expected, with 404 when missing. */
  attempts: count.default(0),
  asked_at: z.string().optional(),
  error: z.string().optional(),
  key: z.string().optional(),
  bytes: count.optional(),
  uncompressed_bytes: count.optional(),
  sha256: z.string().optional(),
  etag: z.string().optional(),
  /** Lines of the archive's file. */
  events: count.optional(),
  landed_at: z.string().optional(),
  nearly_empty: z.boolean().optional(),
  usual_events: z.number().optional(),
});
export type ManifestRow = z.output<typeof ManifestRow>;
export type HourState = ManifestRow["state"];

export interface RowKey {
  readonly date: string;
  readonly hour: string;
}

export function rowKey(hour: ArchiveHour): RowKey {
  const iso = hour.start.toISOString();
  return { date: iso.slice(0, 10), hour: iso.slice(11, 13) };
}

export function hourOfRow({ date, hour }: RowKey): ArchiveHour {
  return parseHour(`${date}-${hour}`);
}

/** Whether the hour's file is in the raw layer, as far as the manifest knows. */
export function hasLanded({ state }: Pick<ManifestRow, "state">): boolean {
  return state === "landed" || state === "quarantined" || state === "processed";
}
