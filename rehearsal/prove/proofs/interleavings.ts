import { runTrial } from "../interleavings/trial.ts";
import type { Proof } from "../proof.ts";
import { Random } from "../random.ts";

/** By what the steps of a trial say. */
const happenings: Readonly<Record<string, RegExp>> = {
  mergeCommits: /merged \(merge/,
  squashes: /merged \(squash/,
  rebases: /merged \(rebase/,
  queued: /^queue of .* merged/,
  queueRefused: /^queue of .* refused/,
  bypassed: /checks bypassed/,
  directPushes: /^pushed to main/,
  withoutRun: /no run:/,
  repeated: / repeated/,
  byHand: /^(apply|destroy) by hand/,
  drift: /^somebody /,
  failed: /: failed$/,
  killed: /: killed$/,
  outdated: /: outdated$/,
};

function happened(log: readonly string[]): Record<string, number> {
  const count = (pattern: RegExp) => log.filter((line) => pattern.test(line)).length;
  return Object.fromEntries(Object.entries(happenings).map(([name, pattern]) => [name, count(pattern)]));
}

export const proof: Proof = {
  name: "interleavings",
  summary:
    "Generated interleavings of two or three pull requests on one stack, against the code of detect-changes, plan and apply",
  aim: "no change is applied that was not reviewed, and none that was reviewed and merged is dropped without a word",
  count: 1000,
  few: 40,
  async run({ count, seed, progress, signal }) {
    const random = new Random(seed);
    const missed: string[] = [];
    const figures: Record<string, number> = { applies: 0, refusals: 0, shownByUnmergedOnly: 0 };
    for (const name of Object.keys(happenings)) figures[name] = 0;
    let trials = 0;
    while (trials < count && !signal.aborted) {
      const { faults, log, ...counts } = await runTrial(random.fork());
      trials++;
      for (const [key, count] of Object.entries({ ...counts, ...happened(log) }))
        figures[key] = (figures[key] ?? 0) + count;
      if (faults.length > 0)
        missed.push([`trial ${trials} of seed ${seed}: ${faults.join("; ")}`, ...log].join("\n    "));
      progress(trials);
    }
    return { trials, figures, missed };
  },
};
