import type { ManifestRow } from "./manifest-row.ts";

/** Days before an hour that say what is usual. */
export const usualDays = 7;
/** So many hours must be known: a day of them has every time of day once. */
const hoursNeeded = 24;
const nearlyEmptyShare = 0.05;

/**
 * The archive has hours that are there and hold next to nothing. What is usual is the median of the hours before;
 * undefined when too few of them are known.
 */
export function compareWithUsual(
  events: number,
  before: readonly ManifestRow[],
): { readonly events: number; readonly nearlyEmpty: boolean } | undefined {
  const counts = before
    .flatMap((row) => (row.events === undefined || row.nearly_empty === true ? [] : [row.events]))
    .sort((a, b) => a - b);
  if (counts.length < hoursNeeded) return undefined;
  const usual = median(counts);
  return { events: usual, nearlyEmpty: events < usual * nearlyEmptyShare };
}

function median(sorted: readonly number[]): number {
  const middle = sorted.length / 2;
  const upper = sorted[Math.floor(middle)] ?? 0;
  return Number.isInteger(middle) ? (upper + (sorted[middle - 1] ?? 0)) / 2 : upper;
}
