import { expect, test } from "vitest";
import { compareDigests, type DigestFinding, explainDigest, settledDigest } from "../src/state-digest.ts";

const backend = { bucket: "state", key: "it's/k", region: "eu-west-1", table: "locks", workspace: "default" };
const a = "a".repeat(32);
const b = "b".repeat(32);

test.each<[string | undefined, string | undefined, DigestFinding["status"], boolean | undefined]>([
  [a, a, "match", undefined],
  [a, a.toUpperCase(), "match", undefined],
  [undefined, undefined, "match", undefined],
  [a, b, "mismatch", true],
  [undefined, b, "digest-without-state", true],
  [a, undefined, "state-without-digest", false],
  [a, "", "state-without-digest", false],
  [a, "not a digest", "state-without-digest", false],
])("state %s and digest %s: %s", (actual, stored, status, blocking) => {
  const finding = compareDigests({ actual, stored });
  expect(finding.status).toBe(status);
  expect(explainDigest(finding, backend)?.blocking).toBe(blocking);
});

test("the remedies change only what was seen, and survive a shell", () => {
  expect(explainDigest({ status: "mismatch", stored: a, actual: b }, backend)?.remedy).toContain(
    `aws dynamodb put-item --region eu-west-1 --table-name 'locks' --item '{"LockID":{"S":"state/it'\\''s/k-md5"},"Digest":{"S":"${b}"}}' ` +
      `--condition-expression 'Digest = :seen' --expression-attribute-values '{":seen":{"S":"${a}"}}'`,
  );
  expect(explainDigest({ status: "digest-without-state", stored: a }, backend)?.remedy).toContain(
    `aws dynamodb delete-item --region eu-west-1 --table-name 'locks' --key '{"LockID":{"S":"state/it'\\''s/k-md5"}}'`,
  );
});

test("what does not fit is looked at again: a state is written before its digest", async () => {
  let waited = 0;
  const sleep = async (milliseconds: number) => {
    waited += milliseconds;
  };
  const findings: DigestFinding[] = [{ status: "mismatch", stored: a, actual: b }, { status: "match" }];
  expect(await settledDigest(async () => findings.shift() ?? { status: "match" }, { sleep })).toEqual({
    status: "match",
  });
  expect(waited).toBe(2_000);
  const lasting: DigestFinding = { status: "mismatch", stored: a, actual: b };
  expect(await settledDigest(async () => lasting, { sleep })).toEqual(lasting);
  expect(waited).toBe(6_000);
});
