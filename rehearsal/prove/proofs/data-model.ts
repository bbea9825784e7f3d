import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { JobSession } from "../data/job-session.ts";
import { type Batch, makeBatch } from "../data-model/batch.ts";
import { lying } from "../data-model/compare.ts";
import { modelOf } from "../data-model/model.ts";
import { shrink, tryTogether, type Wrong } from "../data-model/trial.ts";
import type { Findings, Proof } from "../proof.ts";
import { Random } from "../random.ts";

/** The jobs run over so many batches at once. */
const together = 250;

export const proof: Proof = {
  name: "data-model",
  summary:
    "Generated batches of archive and real-time files with duplicates, bad lines, late and re-ingested hours, all shapes and ids that come again; the jobs run over 250 batches at a time, 50 of which share their dates, and none an id",
  aim: "rows, their sources and contents, and the refused lines are those of a model of a page, before and after the late files",
  count: 1000,
  few: 40,
  async run({ count, seed, progress, signal }) {
    const work = mkdtempSync(join(tmpdir(), "data-model-"));
    const random = new Random(seed);
    const batches = Array.from({ length: count }, (_, number) => makeBatch(number, random.fork()));
    const wrong: Wrong[] = [];
    let done = 0;
    try {
      await using session = await JobSession.start(work);
      while (done < count && !signal.aborted) {
        const some = batches.slice(done, done + together);
        wrong.push(...(await tryTogether(some, { work, session })));
        done += some.length;
        progress(done);
      }
      const [first, ...others] = wrong;
      const shown = first === undefined ? [] : [await shrink(first, { work, session }), ...others];
      return { trials: done, figures: figuresOf(batches.slice(0, done)), missed: shown.map(tell) };
    } finally {
      rmSync(work, { recursive: true, force: true, maxRetries: 3 });
    }
  },
};

function tell({ batch, differences }: Wrong): string {
  const files = lying(batch.landed, batch.later).map(
    ({ source, hour, lines }) =>
      `    ${source} ${hour}\n${lines.map((line) => `      ${line.toString().slice(0, 200)}`).join("\n")}`,
  );
  return [
    `batch ${batch.number}: ${differences
      .slice(0, 5)
      .map((text) => text.slice(0, 600))
      .join("; ")}`,
    ...files,
  ].join("\n");
}

function figuresOf(batches: readonly Batch[]): Findings["figures"] {
  const files = batches.map(({ landed, later }) => lying(landed, later));
  const models = files.map(modelOf);
  const sum = (numbers: readonly number[]) => numbers.reduce((total, number) => total + number, 0);
  const lines = sum(files.flat().map((file) => file.lines.length));
  const refused = sum(models.map((model) => model.refused.length));
  const rows = sum(models.map((model) => model.rows.size));
  return {
    files: files.flat().length,
    "of these from real time": files.flat().filter(({ source }) => source === "events-api").length,
    "landed late or anew": sum(batches.map(({ later }) => later.length)),
    lines,
    "bad lines": refused,
    "qualified rows": rows,
    duplicates: lines - refused - rows,
  };
}
