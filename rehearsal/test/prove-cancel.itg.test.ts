import { expect, test } from "vitest";
import { proof } from "../prove/proofs/cancel.ts";

test("a cancelled apply loses no state, leaves no lock and says what became of it", async () => {
  const { signal } = new AbortController();
  const findings = await proof.run({ count: proof.few, seed: 2, progress: () => {}, signal });
  expect(findings.missed).toEqual([]);
  expect(findings.trials).toBe(proof.few);
});
