import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { writeHour } from "../../data/make-events.ts";
import { landMadeFiles } from "../prove/data-memory/landing.ts";
import { makeBatch } from "../prove/data-model/batch.ts";
import { differences } from "../prove/data-model/compare.ts";
import { modelOf } from "../prove/data-model/model.ts";
import { proof as faults } from "../prove/proofs/data-faults.ts";
import { missedBy } from "../prove/proofs/data-memory.ts";
import { proof as model } from "../prove/proofs/data-model.ts";
import { proof as real } from "../prove/proofs/data-real.ts";
import { Random } from "../prove/random.ts";

const work = mkdtempSync(join(tmpdir(), "prove-data-"));
afterAll(() => rmSync(work, { recursive: true }));

const options = { seed: 1, progress: () => {}, signal: new AbortController().signal };

test("the jobs give what an independent count finds, also after a kill and with a late hour", async () => {
  const made = { count: 400, seed: 1, shape: "slim", duplicates: 8, malformed: 4 } as const;
  const events = [
    await writeHour(work, { ...made, hour: "2026-09-25-10" }),
    await writeHour(work, { ...made, hour: "2026-09-25-11" }),
  ];
  const { missed, figures } = await real.run({ ...options, count: real.few, events });
  expect(missed).toEqual([]);
  expect(figures).toMatchObject({ "lines in": 824, "events out": 800, duplicates: 16, quarantined: 8 });
});

test("the jobs give what the model says, whatever the batch", async () => {
  const { missed, trials } = await model.run({ ...options, count: model.few });
  expect(missed).toEqual([]);
  expect(trials).toBe(model.few);
});

test("a row too many, too few or from the wrong file is told", () => {
  const { landed } = makeBatch(0, new Random(3));
  const rows = [...modelOf(landed).rows.values()].map((row) => ({ row, content: row.contents[0] ?? "" }));
  const { refused } = modelOf(landed);
  expect(differences(landed, { rows, refused: [...refused] })).toEqual([]);
  expect(differences(landed, { rows: rows.slice(1), refused: [...refused] })).toHaveLength(1);
  expect(differences(landed, { rows, refused: [...refused, "a:1"] })).toHaveLength(1);
  const elsewhere = rows.map(({ row, content }) => ({ row: { ...row, sourceFile: "b" }, content }));
  expect(differences(landed, { rows: elsewhere, refused: [...refused] })).toHaveLength(rows.length);
});

test("each fault of the archive has its outcome", async () => {
  const { missed, trials } = await faults.run({ ...options, count: faults.few });
  expect(missed).toEqual([]);
  expect(trials).toBe(faults.few);
});

test("a larger file takes no more memory", async () => {
  const landed = await landMadeFiles({ ...options, work, megabytes: [30, 90], times: 1 });
  expect(missedBy(landed)).toEqual([]);
  expect(missedBy(landed.map((one) => ({ ...one, peakMegabytes: one.megabytes * 4 })))).toHaveLength(2);
});
