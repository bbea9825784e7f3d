export interface Backoff {
  readonly baseMs: number;
  readonly capMs: number;
}

/**
 * Milliseconds to wait after the given failure, counted from 1: doubles up to the cap, and is spread over
 * the upper half, so that many jobs that failed together do not come back together. `random` is in [0, 1).
 */
export function backoffMs(failures: number, { baseMs, capMs }: Backoff, random: () => number): number {
  const ceiling = Math.min(capMs, baseMs * 2 ** Math.min(failures - 1, 30));
  return Math.round(ceiling / 2 + (ceiling / 2) * random());
}
