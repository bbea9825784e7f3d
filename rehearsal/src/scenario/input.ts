import { createReadStream, createWriteStream } from "node:fs";
import { copyFile, mkdir, open, readdir, stat } from "node:fs/promises";
import { basename, join } from "node:path";
import { createInterface } from "node:readline";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { createGunzip, createGzip } from "node:zlib";
import { z } from "zod";
import { shapeOf, writeHour } from "../../../data/make-events.ts";
import type { Options } from "../options.ts";

export interface Hour {
  /** `2015-01-01-0`, as the archive names it. */
  readonly name: string;
  readonly bytes: number;
}

export interface Input {
  /** For the report: where the events are from. */
  readonly origin: string;
  /** Folder with a `<hour>.json.gz` for each hour. */
  readonly archive: string;
  readonly hours: readonly Hour[];
}

const madeHours = ["2026-09-25-10", "2026-09-25-11"];
const madeEvents = 12_000;

export interface InputRequest {
  readonly options: Pick<Options, "events" | "hour">;
  readonly source: string;
  readonly work: string;
}

/** Puts the hours to work with into a folder that stands in for the archive. */
export async function prepareInput({ options, source, work }: InputRequest): Promise<Input> {
  const archive = join(work, "archive");
  await mkdir(archive);
  const shared = join(source, "..", "shared", "data", "github-events");
  const real = await files(shared);
  let origin: string;
  if (options.events.length > 0) {
    for (const file of options.events) await place(file, archive);
    origin = `files given with --events: ${options.events.map((file) => basename(file)).join(", ")}`;
  } else if (options.hour !== undefined) {
    await fetchHour(options.hour, archive);
    origin = `GH Archive, hour ${options.hour}`;
  } else if (real.length > 0) {
    for (const file of real) await place(join(shared, file), archive);
    origin = `real hours of GH Archive: ${real.map((name) => name.replace(".json.gz", "")).join(", ")}`;
  } else {
    for (const hour of madeHours)
      await writeHour(archive, {
        hour,
        count: madeEvents,
        seed: 1,
        shape: shapeOf(hour) ?? "slim",
        duplicates: 120,
        malformed: 12,
      });
    origin = "made-up events in the archive's shapes (data/make-events.ts, seed 1)";
  }
  const hours = await Promise.all(
    (await files(archive)).map(async (file) => ({
      name: file.replace(".json.gz", ""),
      bytes: (await stat(join(archive, file))).size,
    })),
  );
  return { origin, archive, hours };
}

async function files(folder: string): Promise<string[]> {
  try {
    return (await readdir(folder)).filter((name) => name.endsWith(".json.gz")).sort();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return [];
    throw error;
  }
}

/** Copies a file under the name of its hour, gzipped if it is not yet. */
async function place(file: string, archive: string): Promise<void> {
  const zipped = await isGzip(file);
  const hour = /(\d{4}-\d{2}-\d{2})-(\d{1,2})\.json/.exec(basename(file));
  const name = hour === null ? await hourOfFirstEvent(file, zipped) : `${hour[1]}-${Number(hour[2])}`;
  const target = join(archive, `${name}.json.gz`);
  if (zipped) await copyFile(file, target);
  else await pipeline(createReadStream(file), createGzip(), createWriteStream(target));
}

async function isGzip(file: string): Promise<boolean> {
  await using handle = await open(file);
  const { buffer } = await handle.read(Buffer.alloc(2), 0, 2, 0);
  return buffer[0] === 0x1f && buffer[1] === 0x8b;
}

async function hourOfFirstEvent(file: string, zipped: boolean): Promise<string> {
  const stream = createReadStream(file);
  for await (const line of createInterface({ input: zipped ? stream.pipe(createGunzip()) : stream })) {
    const { created_at: created } = z.object({ created_at: z.string() }).parse(JSON.parse(line));
    const moment = new Date(created).toISOString();
    stream.destroy();
    return `${moment.slice(0, 10)}-${Number(moment.slice(11, 13))}`;
  }
  throw new Error(`--events: ${file} is empty`);
}

async function fetchHour(hour: string, archive: string): Promise<void> {
  const url = `https://data.gharchive.org/${hour}.json.gz`;
  let response: Response;
  try {
    response = await fetch(url, { signal: AbortSignal.timeout(120_000) });
  } catch (error) {
    throw new Error(
      `--hour: ${url} could not be fetched (${reasonOf(error)}). Without a network, rehearse with --events or without either.`,
      { cause: error },
    );
  }
  if (!response.ok || response.body === null)
    throw new Error(`--hour: ${url} answered ${response.status}; the archive may lack that hour`);
  await pipeline(Readable.fromWeb(response.body), createWriteStream(join(archive, `${hour}.json.gz`)));
}

/** fetch itself says only that it failed; its cause says why. */
function reasonOf(error: unknown): string {
  const { message, cause } = error as Error;
  return cause instanceof Error ? cause.message : message;
}
