import { runTrial } from "../interleavings/trial.ts";
import type { Proof } from "../proof.ts";
import { Random } from "../random.ts";

export const proof: Proof = {
  name: "interleavings",
  summary:
    "generated interleavings of two or three pull requests on one stack, against the code of detect-changes, plan and apply",
  aim: "no change is applied that was not reviewed, and none that was reviewed and merged is dropped without a word",
  count: 1000,
  few: 40,
  async run({ count, seed, progress, signal }) {
    const random = new Random(seed);
    const missed: string[] = [];
    const figures = { applies: 0, refusals: 0, reviewedElsewhere: 0 };
    let trials = 0;
    while (trials < count && !signal.aborted) {
      const { faults, log, ...counts } = await runTrial(random.fork());
      trials++;
      for (const key of Object.keys(figures) as (keyof typeof figures)[]) figures[key] += counts[key];
      if (faults.length > 0)
        missed.push([`trial ${trials} of seed ${seed}: ${faults.join("; ")}`, ...log].join("\n    "));
      progress(trials);
    }
    return { trials, figures, missed };
  },
};
