import { expect, test } from "vitest";
import { proof } from "../prove/proofs/mutation.ts";

test("no change of a record or plan lets an unreviewed change through", async () => {
  const { signal } = new AbortController();
  const findings = await proof.run({ count: proof.few, seed: 1, progress: () => {}, signal });
  expect(findings.missed).toEqual([]);
  expect(findings.figures["harmful mutations, refused"]).toBeGreaterThan(0);
  expect(findings.figures["applied by several records together"]).toBeGreaterThan(0);
});
