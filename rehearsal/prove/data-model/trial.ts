import { mkdtempSync, rmSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import type { JobSession } from "../data/job-session.ts";
import { Lake } from "../data/lake.ts";
import type { Batch, RawFile } from "./batch.ts";
import { differences, heldBy, lying } from "./compare.ts";
import { keyOf } from "./model.ts";

/** A batch whose rows are not the model's. */
export interface Wrong {
  readonly batch: Batch;
  readonly differences: readonly string[];
}

export interface Place {
  readonly work: string;
  readonly session: JobSession;
}

/**
 * Lands many batches, which share no event, and runs the jobs once over all of them; then what comes later, and runs
 * them over the hours that changed. After either the rows of each batch must be the model's.
 */
export async function tryTogether(batches: readonly Batch[], { work, session }: Place): Promise<Wrong[]> {
  const lake = new Lake(mkdtempSync(join(work, "lake-")));
  const wrong = new Map<Batch, readonly string[]>();
  const compare = async (when: string, filesOf: (batch: Batch) => RawFile[]) => {
    const held = await heldBy(
      lake,
      batches.map(({ number }) => number),
    );
    for (const batch of batches) {
      const one = held.get(batch.number);
      const found = one === undefined ? [] : differences(filesOf(batch), one);
      if (found.length > 0 && !wrong.has(batch))
        wrong.set(
          batch,
          found.map((text) => `${when}: ${text}`),
        );
    }
  };
  try {
    land(
      lake,
      batches.flatMap(({ landed }) => landed),
    );
    await run(lake, session, []);
    await compare("landed", ({ landed }) => lying(landed));
    const later = batches.flatMap((batch) => batch.later);
    land(lake, later);
    await run(lake, session, [...new Set(later.map(({ hour }) => hour))]);
    await compare("with what came later", ({ landed, later }) => lying(landed, later));
  } finally {
    rmSync(lake.root, { recursive: true });
  }
  return [...wrong].map(([batch, differences]) => ({ batch, differences }));
}

function land(lake: Lake, files: readonly RawFile[]): void {
  for (const file of files) {
    const content = Buffer.concat(file.lines.flatMap((line) => [line, Buffer.from("\n")]));
    lake.land(join(lake.root, "raw", keyOf(file)), gzipSync(content, { level: 1 }));
  }
}

async function run(lake: Lake, session: JobSession, hours: readonly string[]): Promise<void> {
  const only = hours.length === 0 ? [] : ["--hours", hours.join(",")];
  const ingested = await lake.ingest(session, ...only, "--max-bad-share", "1");
  if (ingested.failure !== null) throw new Error(`ingestion failed: ${ingested.failure}`);
  const processed = await lake.process(session, ...only);
  if (processed.failure !== null) throw new Error(`processing failed: ${processed.failure}`);
}

const mostAttempts = 30;

/** Leaves out files and lines of a failing batch as long as it fails; what is left shows the fault. */
export async function shrink(wrong: Wrong, place: Place): Promise<Wrong> {
  let smallest = wrong;
  let attempts = 0;
  for (let smaller = true; smaller; ) {
    smaller = false;
    for (const candidate of smallerBatches(smallest.batch)) {
      attempts += 1;
      if (attempts > mostAttempts) return smallest;
      const [still] = await tryTogether([candidate], place).catch(() => []);
      if (still === undefined) continue;
      smallest = still;
      smaller = true;
      break;
    }
  }
  return smallest;
}

function* smallerBatches(batch: Batch): Generator<Batch> {
  for (const part of ["later", "landed"] as const) {
    const files = batch[part];
    if (part === "landed" && files.length < 2) continue;
    for (const file of files) yield { ...batch, [part]: files.filter((other) => other !== file) };
  }
  for (const part of ["later", "landed"] as const) {
    const files = batch[part];
    for (const file of files.filter(({ lines }) => lines.length > 1))
      for (const line of file.lines) {
        const less = { ...file, lines: file.lines.filter((other) => other !== line) };
        yield { ...batch, [part]: files.map((other) => (other === file ? less : other)) };
      }
  }
}
