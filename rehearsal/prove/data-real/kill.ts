import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { type JobSession, SessionEnded } from "../data/job-session.ts";
import type { Lake } from "../data/lake.ts";

/** When both jobs are killed: some time after their start, or some time after one of them began to write. */
export interface KillMoment {
  readonly job: "ingestion" | "processing";
  readonly onceItWrites: boolean;
  readonly milliseconds: number;
}

export interface Killed {
  /** False when the job was over before. */
  readonly inTheMiddle: boolean;
  /** Whether files lay about that belong to no finished write. */
  readonly halfWritten: boolean;
}

/** Runs the jobs, the last of them only to the moment at which everything is killed. */
export async function killAt(moment: KillMoment, lake: Lake, session: JobSession): Promise<Killed> {
  if (moment.job === "processing") {
    const { failure } = await lake.ingest(session);
    if (failure !== null) throw new Error(`ingestion failed: ${failure}`);
  }
  const target = join(lake.root, moment.job === "ingestion" ? "ingested" : "qualified");
  const running = moment.job === "ingestion" ? lake.ingest(session) : lake.process(session);
  const over = running.then(
    () => true,
    (error: unknown) => {
      if (!(error instanceof SessionEnded)) throw error;
      return false;
    },
  );
  const state = { over: false };
  const noted = over.then(() => {
    state.over = true;
  });
  while (moment.onceItWrites && !state.over && !unfinished(target)) await sleep(5);
  await Promise.race([sleep(moment.milliseconds), noted]);
  await session.kill();
  return { inTheMiddle: !(await over), halfWritten: unfinished(target) };
}

/** The jobs write beside the tables first, and put in place what is whole. */
function unfinished(folder: string): boolean {
  return existsSync(join(folder, "_staging")) && readdirSync(join(folder, "_staging")).length > 0;
}
