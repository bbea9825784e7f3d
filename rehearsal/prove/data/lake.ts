import { execFile } from "node:child_process";
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import { z } from "zod";
import type { JobResult, JobSession } from "./job-session.ts";

const execute = promisify(execFile);
const program = join(import.meta.dirname, "independent.py");

const counts = z.record(z.string(), z.number());
const verdictSchema = z.object({
  /** Of the raw files. */
  lines: z.number(),
  events: z.number(),
  distinct: z.number(),
  types: counts,
  /** Of the qualified layer. */
  rows: z.number(),
  row_types: counts,
  /** Events of the raw files without a row, rows of the same event, rows that no raw line is the source of. */
  missing: z.number(),
  twice: z.number(),
  unfounded: z.number(),
  quarantined: z.number(),
  /** Of all rows of the qualified layer's tables, whatever their order. */
  checksum: z.string(),
});

/** What DuckDB finds in the raw files and in the qualified layer. */
export type Verdict = z.infer<typeof verdictSchema>;

const refusedSchema = z.object({ source_file: z.string(), line_number: z.number(), reason: z.string() });
const filesSchema = z.array(z.object({ file: z.string(), date: z.string(), rows: z.number() }));

/** A line in quarantine; its file is named by its key in the raw layer. */
export interface RefusedLine {
  readonly file: string;
  readonly line: number;
  readonly reason: string;
}

export type Source = "gharchive" | "events-api";

/** The layers as folders, and the jobs over them. */
export class Lake {
  readonly root: string;

  constructor(root: string) {
    this.root = root;
  }

  /** Where a file of an hour lies in the raw layer; the hour is `2015-01-01-0` or `2015-01-01-00`. */
  rawFile(hour: string): string {
    const [, date = "", ofDay = ""] = /^(.*)-(\d{1,2})$/.exec(hour) ?? [];
    const folder = join(this.root, "raw", "gharchive", `date=${date}`, `hour=${ofDay.padStart(2, "0")}`);
    return join(folder, `${hour}.json.gz`);
  }

  land(file: string, content: Uint8Array): void {
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, content);
  }

  landCopy(file: string, from: string): void {
    mkdirSync(dirname(file), { recursive: true });
    copyFileSync(from, file);
  }

  ingest(session: JobSession, ...more: readonly string[]): Promise<JobResult> {
    return session.run("ingestion_layer", [...this.#uris(["raw", "ingested", "quarantine"]), ...more]);
  }

  process(session: JobSession, ...more: readonly string[]): Promise<JobResult> {
    return session.run("processing_layer", [...this.#uris(["ingested", "qualified"]), ...more]);
  }

  /** Both jobs, one after the other. Throws when one of them fails. */
  async bring(session: JobSession, ...more: readonly string[]): Promise<{ readonly seconds: number }> {
    const ingested = await this.ingest(session, ...more);
    if (ingested.failure !== null) throw new Error(`ingestion failed: ${ingested.failure}`);
    const processed = await this.process(session);
    if (processed.failure !== null) throw new Error(`processing failed: ${processed.failure}`);
    return { seconds: ingested.seconds + processed.seconds };
  }

  /** Counts raw files and qualified layer by other code than the jobs'. */
  async judge(): Promise<Verdict> {
    return verdictSchema.parse(await independently("check", join(this.root, "raw"), this.root));
  }

  /** The lines in quarantine; files that were refused whole are not among them. */
  refused(): RefusedLine[] {
    const folder = join(this.root, "quarantine");
    const names = existsSync(folder) ? readdirSync(folder, { recursive: true, encoding: "utf8" }) : [];
    const texts = names
      .filter((name) => name.endsWith(".json"))
      .flatMap((name) => readFileSync(join(folder, name), "utf8").split("\n"));
    return texts.filter(Boolean).map((text) => {
      const { source_file: file, line_number: line, reason } = refusedSchema.parse(JSON.parse(text));
      return { file, line, reason };
    });
  }

  /** How many qualified rows each raw file gave, by event date. */
  async rowsOfFiles(): Promise<z.infer<typeof filesSchema>> {
    return filesSchema.parse(await independently("files", this.root));
  }

  /** Forgets all but the raw files. */
  empty(): void {
    for (const layer of ["ingested", "quarantine", "qualified"])
      if (existsSync(join(this.root, layer))) rmSync(join(this.root, layer), { recursive: true });
  }

  #uris(layers: readonly string[]): string[] {
    return layers.flatMap((layer) => [`--${layer}-uri`, `file://${join(this.root, layer)}`]);
  }
}

/** Runs a command of independent.py. */
export async function independently(...args: readonly string[]): Promise<unknown> {
  const { stdout } = await execute("python", [program, ...args], { maxBuffer: 1 << 26 });
  return JSON.parse(stdout);
}

/** What the qualified layer lacks, has too much or has otherwise, in words; none when it is what it must be. */
export function faultsOf(verdict: Verdict): string[] {
  const { lines, events, distinct, rows, missing, twice, unfounded, quarantined } = verdict;
  const faults: readonly (readonly [boolean, string])[] = [
    [rows !== distinct, `${rows} rows, but ${distinct} events in the raw files`],
    [missing > 0, `${missing} events have no row`],
    [twice > 0, `${twice} rows are of an event that has one already`],
    [unfounded > 0, `${unfounded} rows differ from every line they can come from`],
    [
      JSON.stringify(verdict.types) !== JSON.stringify(verdict.row_types),
      "the numbers of events of the types differ",
    ],
    [
      lines !== events + quarantined,
      `${lines} lines are not ${events} events and ${quarantined} in quarantine`,
    ],
  ];
  return faults.filter(([wrong]) => wrong).map(([, text]) => text);
}
