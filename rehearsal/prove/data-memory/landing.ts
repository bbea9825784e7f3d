import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import { startArchive } from "../../src/servers/archive.ts";
import { BatchFunction } from "../data/batch-function.ts";
import { writeMadeFile } from "./made-file.ts";
import { startSink } from "./sink.ts";

export interface Landed {
  readonly megabytes: number;
  readonly peakMegabytes: number;
  readonly seconds: number;
}

const landingSchema = z.object({ bytes: z.number(), sha256: z.string() });

export interface LandingOptions {
  readonly work: string;
  readonly seed: number;
  /** Sizes of the files, compressed. */
  readonly megabytes: readonly number[];
  readonly times: number;
  readonly signal: AbortSignal;
}

/** Lands made files of these sizes, each so many times, and tells the most memory that each took. */
export async function landMadeFiles(options: LandingOptions): Promise<Landed[]> {
  const { work, seed, megabytes, times, signal } = options;
  const folder = join(work, "archive");
  mkdirSync(folder);
  const hours = megabytes.map((_, index) => `2016-01-01-${index}`);
  for (const [index, size] of megabytes.entries())
    await writeMadeFile(join(folder, `${hours[index]}.json.gz`), size * 1e6, seed + index);
  const archive = await startArchive(folder);
  const sink = await startSink();
  try {
    const landed: Landed[] = [];
    for (let time = 0; time < times && !signal.aborted; time += 1) {
      // A manifest of its own each time, in which no hour has landed.
      await using batch = await BatchFunction.start({
        work: join(work, `time-${time}`),
        archiveUrl: archive.url,
        s3Url: sink.url,
      });
      for (const [index, size] of megabytes.entries())
        landed.push({ megabytes: size, ...(await landOne(hours[index] ?? "", batch, sink)) });
    }
    return landed;
  } finally {
    await sink.close();
    await archive.close();
  }
}

async function landOne(
  hour: string,
  batch: BatchFunction,
  { stored }: Awaited<ReturnType<typeof startSink>>,
): Promise<Omit<Landed, "megabytes">> {
  const started = Date.now();
  const { error, value, peakMegabytes } = await batch.invoke({ hour });
  if (error !== null) throw new Error(`landing ${hour} failed: ${error.name} ${error.message}`);
  const { bytes, sha256 } = landingSchema.parse(value);
  const kept = stored.at(-1);
  if (kept?.sha256 !== sha256 || kept.bytes !== bytes)
    throw new Error(`what arrived of ${hour} is not what was sent: ${kept?.bytes} bytes of ${bytes}`);
  return { peakMegabytes, seconds: (Date.now() - started) / 1000 };
}
