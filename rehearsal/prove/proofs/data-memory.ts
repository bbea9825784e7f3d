import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Landed, landMadeFiles } from "../data-memory/landing.ts";
import { measureThroughput, type Throughput } from "../data-memory/throughput.ts";
import type { Findings, Proof } from "../proof.ts";

const sizes = [100, 400];
const events = [15_000, 200_000];
const limits = { megabytes: 256, growth: 1.2 };

export const proof: Proof = {
  name: "data-memory",
  summary:
    "The built batch function lands files of 100 and 400 MB in a stand-in of S3 that forgets the bytes; the jobs and DuckDB do the same work on the same events, one after the other. Seconds are those of one machine, so ratios count",
  aim: "the function stays below 256 MB, and needs at most 1.2 times as much for 400 MB as for 100 MB",
  count: 3,
  few: 1,
  async run({ count, seed, progress, signal }) {
    const work = mkdtempSync(join(tmpdir(), "data-memory-"));
    try {
      const landed = await landMadeFiles({ work, seed, megabytes: sizes, times: count, signal });
      progress(count - 1);
      const measured: Throughput[] = [];
      for (const size of events)
        if (!signal.aborted) measured.push(await measureThroughput(work, size, seed));
      progress(count);
      return {
        trials: landed.length / sizes.length,
        missed: missedBy(landed),
        figures: { ...landingFigures(landed), ...Object.assign({}, ...measured.map(throughputFigures)) },
      };
    } finally {
      rmSync(work, { recursive: true, force: true, maxRetries: 3 });
    }
  },
};

interface Peaks {
  readonly megabytes: number;
  readonly most: number;
  readonly median: number;
}

/** Of each size, the smallest first. */
function peaksOf(landed: readonly Landed[]): Peaks[] {
  const groups = [...Map.groupBy(landed, ({ megabytes }) => megabytes)].sort(([a], [b]) => a - b);
  return groups.map(([megabytes, some]) => {
    const sorted = some.map(({ peakMegabytes }) => peakMegabytes).sort((a, b) => a - b);
    return { megabytes, most: sorted.at(-1) ?? 0, median: sorted[Math.floor(sorted.length / 2)] ?? 0 };
  });
}

function growthOf(peaks: readonly Peaks[]): number {
  return (peaks.at(-1)?.median ?? 0) / (peaks[0]?.median ?? 1);
}

/** Where the function needed more memory than it may, or more for the largest file than for the smallest. */
export function missedBy(landed: readonly Landed[]): string[] {
  const peaks = peaksOf(landed);
  const high = peaks.filter(({ most }) => most >= limits.megabytes);
  const growth = growthOf(peaks);
  return [
    ...high.map(
      ({ megabytes, most }) => `${megabytes} MB took ${most.toFixed(0)} MB, not below ${limits.megabytes}`,
    ),
    ...(growth > limits.growth
      ? [`the largest file took ${growth.toFixed(2)} times as much as the smallest`]
      : []),
  ];
}

function landingFigures(landed: readonly Landed[]): Findings["figures"] {
  const peaks = peaksOf(landed);
  const seconds = (size: number) =>
    Math.min(...landed.filter(({ megabytes }) => megabytes === size).map((one) => one.seconds));
  const rows = peaks.flatMap(({ megabytes, most, median }): [string, number][] => [
    [`peak MB of landing ${megabytes} MB, most`, Math.round(most)],
    [`peak MB of landing ${megabytes} MB, median`, Math.round(median)],
    [`seconds of landing ${megabytes} MB, least`, rounded(seconds(megabytes))],
  ]);
  return {
    ...Object.fromEntries(rows),
    "median for the largest over the smallest": rounded(growthOf(peaks), 2),
  };
}

function throughputFigures(one: Throughput): Findings["figures"] {
  const of = `for ${one.events.toLocaleString("en")} events`;
  return {
    [`Spark's start, seconds, ${of}`]: rounded(one.sparkStartSeconds),
    [`jobs, first run, seconds, ${of}`]: rounded(one.sparkSeconds),
    [`jobs, run again, seconds, ${of}`]: rounded(one.sparkAgainSeconds),
    [`DuckDB, seconds, ${of}`]: rounded(one.duckdbSeconds, 2),
    [`jobs over DuckDB ${of}`]: rounded(one.sparkSeconds / one.duckdbSeconds),
    [`jobs, run again, over DuckDB ${of}`]: rounded(one.sparkAgainSeconds / one.duckdbSeconds),
  };
}

function rounded(value: number, digits = 1): number {
  return Number(value.toFixed(digits));
}
