/** Hours until a missing hour is asked for again, after each answer that it does not exist. A week in all. */
const missingGaps = [1, 1, 2, 4, 8, 16, 24, 48, 72] as const;

/** After so many answers that the hour does not exist; undefined: it is lost. */
export function missingGap(answers: number): number | undefined {
  return missingGaps[answers - 1];
}

/**
 * Hours after which an hour that was asked for, and of which nothing was heard, is asked for again. The queue
 * tries a message five times, an hour apart, and backfill may let it wait for longer.
 */
export const askedGap = 24;

/** As above, longer and longer while the archive's file cannot be landed: the five attempts of a message count once. */
export function failedGap(attempts: number): number {
  return askedGap * 2 ** Math.min(Math.floor(attempts / 5), 4);
}

export function hoursLater(moment: Date, hours: number): Date {
  return new Date(moment.getTime() + hours * 3_600_000);
}
