import type { ArchiveHour } from "../ingestion-batch-layer/src/archive-hour.ts";
import {
  type HourState,
  hasLanded,
  hourOfRow,
  type ManifestRow,
} from "../ingestion-batch-layer/src/manifest-row.ts";

export type KnownState = HourState | "unknown";

/** What the manifest says of a range of hours. */
export interface Survey {
  readonly hours: number;
  readonly byState: ReadonlyMap<KnownState, readonly ArchiveHour[]>;
  readonly nearlyEmpty: readonly ArchiveHour[];
  /** Nobody takes care of them: not asked for yet, not heard of for long, or given up. */
  readonly toAsk: readonly ArchiveHour[];
  /** Can be ingested and processed once more. */
  readonly toRepeat: readonly ArchiveHour[];
  /** Of an hour's file, on average; undefined when none of the hours has landed. */
  readonly usualBytes: number | undefined;
}

export function surveyOf(hours: readonly ArchiveHour[], rows: readonly ManifestRow[], now: Date): Survey {
  const known = new Map(rows.map((row) => [hourOfRow(row).name, row]));
  const stateOf = ({ name }: ArchiveHour): KnownState => known.get(name)?.state ?? "unknown";
  const sizes = rows.flatMap(({ bytes }) => bytes ?? []);
  return {
    hours: hours.length,
    byState: Map.groupBy(hours, stateOf),
    nearlyEmpty: hours.filter(({ name }) => known.get(name)?.nearly_empty === true),
    toAsk: hours.filter(({ name }) => isNobodys(known.get(name), now)),
    toRepeat: hours.filter(({ name }) => {
      const row = known.get(name);
      return row !== undefined && (hasLanded(row) || row.state === "lost");
    }),
    usualBytes: sizes.length === 0 ? undefined : sizes.reduce((sum, size) => sum + size, 0) / sizes.length,
  };
}

/** An hour that waits for its turn is asked for by the platform itself. */
function isNobodys(row: ManifestRow | undefined, now: Date): boolean {
  if (row === undefined || row.state === "lost") return true;
  return row.pending === "land" && (row.due ?? "") <= now.toISOString();
}
