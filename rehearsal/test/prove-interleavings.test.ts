import { expect, test } from "vitest";
import { proof } from "../prove/proofs/interleavings.ts";

test("whatever the order, no unreviewed change is applied and no merged one is dropped", async () => {
  const { signal } = new AbortController();
  const findings = await proof.run({ count: proof.few, seed: 1, progress: () => {}, signal });
  expect(findings.missed).toEqual([]);
  expect(findings.trials).toBe(proof.few);
  expect(Number(findings.figures["applies"])).toBeGreaterThan(proof.few);
  expect(Number(findings.figures["refusals"])).toBeGreaterThan(0);
});
