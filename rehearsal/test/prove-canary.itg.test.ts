import { expect, test } from "vitest";
import { proof } from "../prove/proofs/canary.ts";

test("no planted secret leaves a job", async () => {
  const { signal } = new AbortController();
  const findings = await proof.run({ count: proof.few, seed: 1, progress: () => {}, signal });
  expect(findings.missed).toEqual([]);
});
