import type { ArchiveHour } from "../ingestion-batch-layer/src/archive-hour.ts";
import { type HourQueue, messagesPerRequest } from "../ingestion-batch-layer/src/hour-queue.ts";
import type { Manifest } from "../ingestion-batch-layer/src/manifest.ts";
import { askedGap, hoursLater } from "../ingestion-batch-layer/src/patience.ts";

export interface AskDeps {
  readonly manifest: Manifest;
  readonly queue: HourQueue;
  readonly now: () => Date;
  readonly progress: (done: number, of: number) => void;
}

/**
 * Asks for the hours, and makes the rows of those that have none. First the message, then the row: if it ends in
 * between, the next run asks for a few of them twice, which does no harm.
 */
export async function askFor(hours: readonly ArchiveHour[], deps: AskDeps): Promise<void> {
  await inTens(hours, deps, async (ten) => {
    await deps.queue.ask(ten);
    const now = deps.now();
    const asked = { now, due: hoursLater(now, askedGap) };
    await Promise.all(
      ten.map(async (hour) => deps.manifest.askedAgain(await deps.manifest.expect(hour, asked), asked)),
    );
  });
}

/** Gives back how many are ingested once more: an hour may have changed since it was looked at. */
export async function repeat(hours: readonly ArchiveHour[], deps: Omit<AskDeps, "queue">): Promise<number> {
  let repeated = 0;
  await inTens(hours, deps, async (ten) => {
    const done = await Promise.all(ten.map((hour) => deps.manifest.replay(hour, deps.now())));
    repeated += done.filter(Boolean).length;
  });
  return repeated;
}

async function inTens(
  hours: readonly ArchiveHour[],
  { progress }: Pick<AskDeps, "progress">,
  work: (ten: readonly ArchiveHour[]) => Promise<void>,
): Promise<void> {
  for (let at = 0; at < hours.length; at += messagesPerRequest) {
    const ten = hours.slice(at, at + messagesPerRequest);
    await work(ten);
    progress(at + ten.length, hours.length);
  }
}
