import { createWriteStream } from "node:fs";
import { mkdir, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { parseArgs } from "node:util";
import { createGzip, gzipSync } from "node:zlib";
import { type HourOptions, hourLines } from "./events/hour-lines.ts";

export type { HourOptions } from "./events/hour-lines.ts";

/** One made-up hour as the archive publishes it: gzipped, an event a line. The same options give the same bytes. */
export function makeHour(options: HourOptions): Buffer {
  return gzipSync(Buffer.concat([...hourLines(options)]));
}

/** Writes `<folder>/<hour>.json.gz` without holding it in memory; resolves with its path. */
export async function writeHour(folder: string, options: HourOptions): Promise<string> {
  await mkdir(folder, { recursive: true });
  const path = join(folder, `${options.hour}.json.gz`);
  const unfinished = `${path}.part`;
  try {
    await pipeline(Readable.from(hourLines(options)), createGzip(), createWriteStream(unfinished));
    await rename(unfinished, path);
  } finally {
    await rm(unfinished, { force: true });
  }
  return path;
}

const usage = `Makes hours of GitHub events in the real shapes, the same for the same seed.

  node data/make-events.ts --hour YYYY-MM-DD-H [--hour …] [options]

  --hour HOUR        hour to make, UTC, 0 to 23 without a leading zero; more than one may be given
  --count N          events in each hour                                   (10000)
  --shape SHAPE      full: as archived until October 2025; slim: since     (by the hour)
  --seed N           another seed makes other events                       (1)
  --duplicates N     lines more that repeat an earlier event               (0)
  --malformed N      lines more that are no event                          (0)
  --out DIR          folder for the files HOUR.json.gz                     (.)`;

const firstSlimHour = Date.UTC(2025, 9, 9);

/** The shape that the archive had at that hour. */
export function shapeOf(hour: string): HourOptions["shape"] {
  return Date.parse(`${hour.slice(0, 10)}T00:00:00Z`) < firstSlimHour ? "full" : "slim";
}

function readArguments() {
  const text = { type: "string" } as const;
  const options = {
    hour: { ...text, multiple: true },
    count: text,
    shape: text,
    seed: text,
    duplicates: text,
    malformed: text,
    out: text,
  } as const;
  return parseArgs({ options: { ...options, help: { type: "boolean", short: "h" } } }).values;
}

async function main(): Promise<void> {
  const { help, hour: hours = [], shape, out = ".", ...numbers } = readArguments();
  if (help === true) return console.log(usage);
  if (hours.length === 0) throw new Error(`--hour is missing\n\n${usage}`);
  if (shape !== undefined && shape !== "full" && shape !== "slim") {
    throw new Error(`--shape must be full or slim, not ${JSON.stringify(shape)}`);
  }
  for (const given of hours) {
    const hour = given.replace(/-0(\d)$/, "-$1");
    const path = await writeHour(out, {
      hour,
      shape: shape ?? shapeOf(hour),
      count: Number(numbers.count ?? 10_000),
      seed: Number(numbers.seed ?? 1),
      duplicates: Number(numbers.duplicates ?? 0),
      malformed: Number(numbers.malformed ?? 0),
    });
    console.log(path);
  }
}

if (import.meta.main) {
  main().catch((error: unknown) => {
    console.error(error instanceof Error ? error.message : error);
    process.exitCode = 1;
  });
}
