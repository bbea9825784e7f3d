import { expect, test } from "vitest";
import { proof } from "../prove/proofs/canary.ts";

test("no secret leaves a job that plans, fails to plan, applies or fails to apply", async () => {
  const { signal } = new AbortController();
  const { missed, trials, figures } = await proof.run({
    count: proof.few,
    seed: 3,
    progress: () => {},
    signal,
  });
  expect(missed).toEqual([]);
  expect(trials).toBe(proof.few);
  expect(figures["secrets planted"]).toBeGreaterThan(20);
});
