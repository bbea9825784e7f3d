import { type ArchiveHour, hoursAfter, hoursBetween } from "./archive-hour.ts";
import type { HourQueue } from "./hour-queue.ts";
import type { Manifest } from "./manifest.ts";
import { hourOfRow } from "./manifest-row.ts";
import { askedGap, hoursLater } from "./patience.ts";

export interface AfterCareDeps {
  readonly manifest: Manifest;
  readonly queue: HourQueue;
  readonly now: () => Date;
}

/** What a tick asked for besides its own hour. */
export interface AfterCare {
  /** Hours whose time to be asked for again has come. */
  readonly again: readonly string[];
  /** Hours that nobody has asked for, between others that are known. */
  readonly gaps: readonly string[];
  /** Whether there was more to do than one tick does; the next one goes on. */
  readonly more: boolean;
}

export const askedPerTick = 100;
const gapDays = 7;
/** Ticks come once an hour: what is due moments later is due now. */
const aheadHours = 1 / 12;

/**
 * Looks after the hours that no message is on its way for. First the messages, then the manifest: if it ends in
 * between, hours are asked for twice, which does no harm, and none is forgotten.
 */
export async function lookAfterOthers(tick: ArchiveHour, deps: AfterCareDeps): Promise<AfterCare> {
  const now = deps.now();
  const asked = { now, due: hoursLater(now, askedGap) };
  const due = await deps.manifest.dueToLand(hoursLater(now, aheadHours), askedPerTick);
  await deps.queue.ask(due.map(hourOfRow));
  for (const row of due) await deps.manifest.askedAgain(row, asked);

  const unknown = await gapsBefore(tick, deps.manifest);
  const gaps = unknown.slice(0, askedPerTick - due.length);
  await deps.queue.ask(gaps);
  for (const hour of gaps) await deps.manifest.expect(hour, asked);
  return {
    again: due.map((row) => hourOfRow(row).name),
    gaps: gaps.map(({ name }) => name),
    more: due.length === askedPerTick || gaps.length < unknown.length,
  };
}

/** Hours without a row after the first that has one. What lies before it was never asked for. */
async function gapsBefore(tick: ArchiveHour, manifest: Manifest): Promise<ArchiveHour[]> {
  const first = hoursAfter(tick, -24 * gapDays);
  const known = new Set((await manifest.rows(first, tick)).map((row) => hourOfRow(row).name));
  const hours = hoursBetween(first, tick);
  const begin = hours.findIndex(({ name }) => known.has(name));
  return begin === -1 ? [] : hours.slice(begin).filter(({ name }) => !known.has(name));
}
