import { type Outcome, tryOne } from "../mutation/trial.ts";
import type { Findings, Proof } from "../proof.ts";
import { Random } from "../random.ts";

/** Why a plan that does nothing unreviewed may be refused all the same, by what the refusal says. */
const explanations: readonly (readonly [string, RegExp])[] = [
  ["a record that is damaged or in the wrong place", /plan record .* cannot be read/],
  ["a plan that is damaged", /^The plan cannot be read/],
  ["given value known only after apply, no record of this configuration", /is only known after apply/],
];

/** Of the harmless ones, at most this share may be refused for a reason other than these. */
const fewShare = 0.02;

export const proof: Proof = {
  name: "mutation",
  summary: "A field of a plan record, or of the plan held to it, flipped, dropped, doubled or swapped",
  aim: "no change applied that was not reviewed; few harmless mutations refused, each explained",
  count: 2000,
  few: 200,
  async run({ count, seed, progress, signal }) {
    const random = new Random(seed);
    const outcomes: Outcome[] = [];
    while (outcomes.length < count && !signal.aborted) {
      outcomes.push(await tryOne(random.fork()));
      progress(outcomes.length);
    }
    return findingsOf(outcomes);
  },
};

function findingsOf(outcomes: readonly Outcome[]): Findings {
  const unreviewed = outcomes.filter(({ applied, harmless }) => applied && !harmless);
  const harmless = outcomes.filter((outcome) => outcome.harmless);
  const refused = harmless.filter(({ applied }) => !applied);
  const explained = Map.groupBy(refused, ({ reason }) => explanationOf(reason));
  const unexplained = explained.get(undefined) ?? [];
  const tell = (what: string, { kind, what: how, reason }: Outcome) => `${what}: ${kind}, ${how} ${reason}`;
  return {
    trials: outcomes.length,
    figures: {
      "unreviewed changes applied": unreviewed.length,
      "harmful mutations, refused": outcomes.length - harmless.length - unreviewed.length,
      "harmless mutations": harmless.length,
      "harmless mutations refused": refused.length,
      "applied by several records together": outcomes.filter(
        ({ kind, applied }) => applied && kind === "several records",
      ).length,
      ...Object.fromEntries(
        explanations.map(([name]) => [`refused: ${name}`, explained.get(name)?.length ?? 0]),
      ),
      "refused: for another reason": unexplained.length,
    },
    missed: [
      ...unreviewed.map((outcome) => tell("unreviewed and applied", outcome)),
      ...(unexplained.length > harmless.length * fewShare
        ? unexplained.map((outcome) => tell("harmless and refused", outcome))
        : []),
    ],
  };
}

function explanationOf(reason: string): string | undefined {
  return explanations.find(([, pattern]) => pattern.test(reason))?.[0];
}
