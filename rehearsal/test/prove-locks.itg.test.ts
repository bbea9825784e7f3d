import { expect, test } from "vitest";
import { proof } from "../prove/proofs/locks.ts";

test("locks of killed applies are found, explained and released, one of each kind", async () => {
  const options = { seed: 1, progress: () => {}, signal: new AbortController().signal };
  const { trials, missed } = await proof.run({ ...options, count: proof.few });
  expect(missed).toEqual([]);
  expect(trials).toBe(proof.few);
});
