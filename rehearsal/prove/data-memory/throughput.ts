import { join } from "node:path";
import { z } from "zod";
import { writeHour } from "../../../data/make-events.ts";
import { JobSession } from "../data/job-session.ts";
import { independently, Lake } from "../data/lake.ts";

export interface Throughput {
  readonly events: number;
  readonly sparkStartSeconds: number;
  readonly sparkSeconds: number;
  /** The same jobs once more, with compiled code. */
  readonly sparkAgainSeconds: number;
  readonly duckdbSeconds: number;
  /** Files of this size in each hour's place. */
  readonly rows: number;
}

const writtenSchema = z.object({ rows: z.number(), seconds: z.number() });
const eventsOfHour = 15_000;

/** The jobs and DuckDB on the same made hours: typed columns, de-duplicated, zstd parquet by date. */
export async function measureThroughput(work: string, events: number, seed: number): Promise<Throughput> {
  const lake = new Lake(join(work, `lake-${events}`));
  for (let left = events, hour = 0; left > 0; left -= eventsOfHour, hour += 1) {
    const count = Math.min(left, eventsOfHour);
    const name = `2016-01-0${1 + Math.floor(hour / 24)}-${hour % 24}`;
    const options = { hour: name, count, seed, shape: "full" as const, duplicates: Math.floor(count / 100) };
    lake.landCopy(lake.rawFile(name), await writeHour(join(work, "made"), options));
  }
  await using session = await JobSession.start(work, { quickStart: false });
  const first = await lake.bring(session);
  const { rows, twice, missing } = await lake.judge();
  const again = await lake.bring(session);
  const written = writtenSchema.parse(
    await independently("write", join(lake.root, "raw"), join(lake.root, "duckdb")),
  );
  if (written.rows !== rows || twice > 0 || missing > 0)
    throw new Error(`Spark has ${rows} rows (${twice} twice, ${missing} missing), DuckDB ${written.rows}`);
  return {
    events,
    rows,
    sparkStartSeconds: session.startSeconds,
    sparkSeconds: first.seconds,
    sparkAgainSeconds: again.seconds,
    duckdbSeconds: written.seconds,
  };
}
