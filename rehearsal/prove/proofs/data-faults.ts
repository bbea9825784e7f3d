import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { BatchFunction } from "../data/batch-function.ts";
import { JobSession } from "../data/job-session.ts";
import { faultsOf, Lake } from "../data/lake.ts";
import { type Fault, faults, makeScene } from "../data-faults/faults.ts";
import { bringHome, judgeRows, type Landed, landFaulty, serveScenes } from "../data-faults/trial.ts";
import type { Findings, Proof, ProofOptions } from "../proof.ts";
import { Random } from "../random.ts";

const atATime = 2;

export const proof: Proof = {
  name: "data-faults",
  summary:
    "Broken files in the archive, landed by the built batch function in moto and brought through the jobs; where one does not land, the archive is mended and the hour asked for again",
  aim: "each fault has its error or its lines in quarantine, nothing lands by halves, and every good line becomes a row",
  count: 48,
  few: 12,
  async run(options) {
    const work = mkdtempSync(join(tmpdir(), "data-faults-"));
    try {
      return await tryAll(options, work);
    } finally {
      rmSync(work, { recursive: true, force: true, maxRetries: 3 });
    }
  },
};

async function tryAll({ count, seed, progress, signal }: ProofOptions, work: string): Promise<Findings> {
  const random = new Random(seed);
  const scenes = Array.from({ length: count }, (_, number) => makeScene(number, random.fork()));
  await using archive = await serveScenes(scenes);
  await using batch = await BatchFunction.start({ work, archiveUrl: archive.url });
  const landed: Landed[] = [];
  const waiting = [...scenes];
  const worker = async () => {
    for (let scene = waiting.shift(); scene !== undefined && !signal.aborted; scene = waiting.shift()) {
      landed.push(await landFaulty(scene, batch, archive));
      progress(landed.length);
    }
  };
  await Promise.all(Array.from({ length: atATime }, worker));
  const unfinished = await batch.unfinishedUploads();
  const lake = new Lake(join(work, "lake"));
  await bringHome(batch, lake);
  await using session = await JobSession.start(work);
  await lake.bring(session, "--max-bad-share", "1");
  const verdict = await lake.judge();
  const judged = await judgeRows(landed, lake);
  return {
    trials: landed.length,
    figures: {
      ...outcomes(judged),
      "unfinished uploads left": unfinished,
      "lines that landed": verdict.lines,
      "qualified rows": verdict.rows,
      "lines in quarantine": verdict.quarantined,
    },
    missed: [
      ...(unfinished === 0 ? [] : [`${unfinished} uploads were left unfinished`]),
      ...faultsOf(verdict),
      ...judged.flatMap(({ scene, wrong }) => wrong.map((text) => `${scene.fault}, ${scene.hour}: ${text}`)),
    ],
  };
}

/** What became of each kind of fault, in the words of the function and of the quarantine. */
function outcomes(judged: readonly Landed[]): Record<string, string> {
  const told = (fault: Fault): [string, string][] => {
    const some = judged.filter(({ scene }) => scene.fault === fault);
    const [first] = some;
    if (first === undefined) return [];
    const reasons = first.scene.expected.refused?.map(({ reason }) => `line refused: ${reason}`) ?? [];
    const right = some.filter(({ wrong }) => wrong.length === 0).length;
    const mended = first.scene.expected.error === undefined ? [] : ["nothing there, whole once mended"];
    return [[fault, [`${right} of ${some.length}: ${first.outcome}`, ...reasons, ...mended].join(", ")]];
  };
  return Object.fromEntries(faults.flatMap(told));
}
