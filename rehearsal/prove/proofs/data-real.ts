import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { prepareInput } from "../../src/scenario/input.ts";
import { JobSession } from "../data/job-session.ts";
import { faultsOf, Lake, type Verdict } from "../data/lake.ts";
import { type Killed, type KillMoment, killAt } from "../data-real/kill.ts";
import { lateHour } from "../data-real/late-hour.ts";
import type { Findings, Proof, ProofOptions } from "../proof.ts";
import { Random } from "../random.ts";

const source = join(import.meta.dirname, "..", "..", "..");

export const proof: Proof = {
  name: "data-real",
  summary:
    "The jobs on whole hours of the archive: run, run again, killed with kill -9 in the middle and run again, and with an hour that lands late",
  aim: "the qualified layer equals, in rows and content, what DuckDB finds in the raw files by itself, every time",
  count: 12,
  few: 1,
  async run(options) {
    const work = mkdtempSync(join(tmpdir(), "data-real-"));
    try {
      const input = await prepareInput({
        options: { events: options.events ?? [], hour: undefined },
        source,
        work,
      });
      const lake = new Lake(join(work, "lake"));
      for (const { name } of input.hours)
        lake.landCopy(lake.rawFile(name), join(input.archive, `${name}.json.gz`));
      const place = { work, lake, archive: input.archive, hours: input.hours.map(({ name }) => name) };
      return await prove(options, place, input.origin);
    } finally {
      rmSync(work, { recursive: true, force: true, maxRetries: 3 });
    }
  },
};

interface Place {
  readonly work: string;
  readonly lake: Lake;
  readonly archive: string;
  readonly hours: readonly string[];
}

async function prove(options: ProofOptions, place: Place, origin: string): Promise<Findings> {
  const missed: string[] = [];
  const { lake } = place;
  const note = (what: string, verdict: Verdict, like?: Verdict) => {
    missed.push(...faultsOf(verdict).map((fault) => `${what}: ${fault}`));
    if (like !== undefined && verdict.checksum !== like.checksum)
      missed.push(`${what}: the content is ${verdict.checksum}, not ${like.checksum}`);
    return verdict;
  };
  let session = await JobSession.start(place.work);
  try {
    const { seconds: cold } = await lake.bring(session);
    const first = note("first run", await lake.judge());
    const { seconds: warm } = await lake.bring(session);
    note("second run", await lake.judge(), first);
    const killed: Killed[] = [];
    const random = new Random(options.seed);
    for (let trial = 0; trial < options.count && !options.signal.aborted; trial += 1) {
      if (random.chance(0.5)) lake.empty();
      const moment = momentOf(trial, { job: killed.length === 0 ? warm : cold, random });
      killed.push(await killAt(moment, lake, session));
      session = await JobSession.start(place.work);
      await lake.bring(session);
      note(`killed in ${moment.job}, trial ${trial + 1}`, await lake.judge(), first);
      options.progress(killed.length);
    }
    const late = await landLate(place, session, note);
    return { trials: killed.length, missed, figures: figuresOf({ origin, first, late, killed, cold }) };
  } finally {
    await session[Symbol.asyncDispose]();
  }
}

/** Alternately in each job; two thirds of the time while it writes, where there is most to break. */
function momentOf(trial: number, usual: { readonly job: number; readonly random: Random }): KillMoment {
  const onceItWrites = usual.random.chance(2 / 3);
  const seconds = onceItWrites ? 0.3 : usual.job / 2;
  return {
    job: trial % 2 === 0 ? "ingestion" : "processing",
    onceItWrites,
    milliseconds: Math.round(usual.random.next() * seconds * 1000),
  };
}

/** Lands an hour more; only it is ingested, and only its dates are rebuilt. */
async function landLate(
  { archive, hours, lake }: Place,
  session: JobSession,
  note: (what: string, verdict: Verdict, like?: Verdict) => Verdict,
): Promise<Verdict> {
  const [last = ""] = hours.slice(-1);
  const start = Date.parse(`${last.slice(0, 10)}T${last.slice(11).padStart(2, "0")}:00:00Z`);
  const next = new Date(start + 3_600_000).toISOString().slice(0, 13).replace("T", "-");
  lake.land(lake.rawFile(next), await lateHour(join(archive, `${basename(last)}.json.gz`)));
  await lake.ingest(session, "--hours", next);
  const { failure } = await lake.process(session, "--hours", next);
  const late = note("a late hour", await lake.judge());
  if (failure !== null) throw new Error(`processing failed after a late hour: ${failure}`);
  await lake.bring(session);
  return note("a late hour, run again", await lake.judge(), late);
}

interface Found {
  readonly origin: string;
  readonly first: Verdict;
  readonly late: Verdict;
  readonly killed: readonly Killed[];
  readonly cold: number;
}

function figuresOf({ origin, first, late, killed, cold }: Found): Findings["figures"] {
  const quarantined = first.lines - first.events;
  const types = Object.entries(first.row_types).sort(([, a], [, b]) => b - a);
  return {
    input: origin,
    "lines in": first.lines,
    "events out": first.rows,
    duplicates: first.events - first.distinct,
    quarantined,
    "checksum of all tables": first.checksum,
    "killed in the middle": killed.filter(({ inTheMiddle }) => inTheMiddle).length,
    "of these with files half written": killed.filter((one) => one.inTheMiddle && one.halfWritten).length,
    "seconds of both jobs, cold": Math.round(cold * 10) / 10,
    "lines with the late hour": late.lines,
    "events with the late hour": late.rows,
    "duplicates with the late hour": late.events - late.distinct,
    types: types.map(([type, count]) => `${type} ${count}`).join(", "),
  };
}
