import { expect, test } from "vitest";
import { ActionError } from "../src/action-error.ts";
import { retryLocked } from "../src/retry-locked.ts";
import { lockError, StateLockedError } from "../src/state-locked-error.ts";
import { type LockFailure, lockFailure } from "../src/terraform-lock-error.ts";

/** As Terraform 1.11.4 printed them, against a stand-in of AWS that was made to answer so. */
const recorded: ReadonlyArray<readonly [string, LockFailure, string]> = [
  [
    "a lock file that is held",
    {
      kind: "held",
      id: "6f1c0a52-7a2f-8a4e-1c55-0d6d4c1b7a11",
      who: "runner@host",
      created: "2026-11-22 10:00:00.123456789 +0000 UTC",
    },
    `Error: Error acquiring the state lock

Error message: operation error S3: PutObject, https response error
StatusCode: 412, RequestID:
haNUGMB9AreZlM7EWSgMW4Y0qVXKC3wzJLZMDMCMfv48qi3b7sXm, HostID:
9Gjjt1m+cjU4OPvX9O9/8RuvnG41MRb/18Oux2o5H5MY7ISNTlXN+Dz9IG62/ILVxhAGI0qyPfg=,
api error PreconditionFailed: At least one of the pre-conditions you
specified did not hold
Lock Info:
  ID:        6f1c0a52-7a2f-8a4e-1c55-0d6d4c1b7a11
  Path:      state/k
  Operation: OperationTypeApply
  Who:       runner@host
  Version:   1.11.4
  Created:   2026-11-22 10:00:00.123456789 +0000 UTC
  Info:`,
  ],
  [
    "an item that is held",
    {
      kind: "held",
      id: "6f1c0a52-7a2f-8a4e-1c55-0d6d4c1b7a11",
      who: "runner@host",
      created: "2026-11-22 10:00:00.123456789 +0000 UTC",
    },
    `Error: Error acquiring the state lock

Error message: operation error DynamoDB: PutItem, https response error
StatusCode: 400, RequestID:
dsMaTdyinwMxSB6jRuA86whn9HtQUfd8Tjh6TjhyYqxuQVcQXHWn,
ConditionalCheckFailedException: The conditional request failed
Lock Info:
  ID:        6f1c0a52-7a2f-8a4e-1c55-0d6d4c1b7a11
  Path:      state/k
  Operation: OperationTypeApply
  Who:       runner@host
  Version:   1.11.4
  Created:   2026-11-22 10:00:00.123456789 +0000 UTC
  Info:`,
  ],
  [
    "an empty lock file",
    { kind: "contended" },
    `Error: Error acquiring the state lock

Error message: operation error S3: PutObject, https response error
StatusCode: 412, RequestID:
Ujysb5aWw2lmhYVCpTTVzzRsgL0UmKZTKgBck7cAdtkNd4UQqsKt, HostID:
9Gjjt1m+cjU4OPvX9O9/8RuvnG41MRb/18Oux2o5H5MY7ISNTlXN+Dz9IG62/ILVxhAGI0qyPfg=,
api error PreconditionFailed: At least one of the pre-conditions you
specified did not hold
failed to unmarshal JSON data into LockInfo struct: unexpected end of JSON
input`,
  ],
  [
    "an item without lock information",
    { kind: "contended" },
    `Error: Error acquiring the state lock

Error message: operation error DynamoDB: PutItem, https response error
StatusCode: 400, RequestID:
XsOU77Haw7ZOrQUAJAloXcxM6og3GAQMg1iD8G2zUhJWEc6jNdbU,
ConditionalCheckFailedException: The conditional request failed
unexpected end of JSON input`,
  ],
  [
    "a lock released between the try and the look",
    { kind: "contended" },
    `Error: Error acquiring the state lock

Error message: operation error S3: PutObject, https response error
StatusCode: 412, RequestID: , HostID: , api error PreconditionFailed: said
PreconditionFailed
unable to retrieve file from S3 bucket 'state' with key
'kprecondition.tflock': operation error S3: GetObject, https response error
StatusCode: 404, RequestID: , HostID: , NoSuchKey:`,
  ],
  [
    "two tries at once",
    { kind: "contended" },
    `Error: Error acquiring the state lock

Error message: operation error S3: PutObject, https response error
StatusCode: 409, RequestID: , HostID: , api error ConditionalRequestConflict:
said ConditionalRequestConflict
unable to retrieve file from S3 bucket 'state' with key 'kconflict.tflock':
operation error S3: GetObject, https response error StatusCode: 404,
RequestID: , HostID: , NoSuchKey:`,
  ],
  [
    "an item that cannot be read",
    { kind: "contended" },
    `Error: Error acquiring the state lock

Error message: operation error DynamoDB: PutItem, https response error
StatusCode: 400, RequestID: , ConditionalCheckFailedException: User is not
authorized
Unable to retrieve item from DynamoDB table "locks": operation error
DynamoDB: GetItem, https response error StatusCode: 400, RequestID: , api
error ConditionalCheckFailedException: User is not authorized`,
  ],
  [
    "no access to the lock file",
    { kind: "refused", fault: "AccessDenied" },
    `Error: Error acquiring the state lock

Error message: operation error S3: PutObject, https response error
StatusCode: 403, RequestID: , HostID: , api error AccessDenied: said
AccessDenied
unable to retrieve file from S3 bucket 'state' with key 'kdenied.tflock':
operation error S3: GetObject, https response error StatusCode: 404,
RequestID: , HostID: , NoSuchKey:`,
  ],
  [
    "no access to the table",
    { kind: "refused", fault: "AccessDeniedException" },
    `Error: Error acquiring the state lock

Error message: operation error DynamoDB: PutItem, https response error
StatusCode: 400, RequestID: , api error AccessDeniedException: User is not
authorized
Unable to retrieve item from DynamoDB table "locks": operation error
DynamoDB: GetItem, https response error StatusCode: 400, RequestID: , api
error AccessDeniedException: User is not authorized`,
  ],
  [
    "no such table",
    { kind: "refused", fault: "ResourceNotFoundException" },
    `Error: Error acquiring the state lock

Error message: operation error DynamoDB: PutItem, https response error
StatusCode: 400, RequestID:
DLVxrnUNya9bemNmNR2YL3VGelHEsTSHYJQ47C3WeWvVT07SuSu2,
ResourceNotFoundException: Requested resource not found
Unable to retrieve item from DynamoDB table "nope": operation error DynamoDB:
GetItem, https response error StatusCode: 400, RequestID:
EapDogEbIchrCSHRf8MHJrc3FBFYyBz7vXPgEyjsgZycsZFbLZyd,
ResourceNotFoundException: Requested resource not found`,
  ],
  [
    "no such bucket",
    { kind: "refused", fault: "NoSuchBucket" },
    `Error: Error acquiring the state lock

Error message: operation error S3: PutObject, https response error
StatusCode: 404, RequestID: , HostID: , api error NoSuchBucket: said
NoSuchBucket
unable to retrieve file from S3 bucket 'state' with key 'knobucket.tflock':
operation error S3: GetObject, https response error StatusCode: 404,
RequestID: , HostID: , NoSuchKey:`,
  ],
  [
    "credentials that ended",
    { kind: "refused", fault: "ExpiredToken" },
    `Error: Error acquiring the state lock

Error message: operation error S3: PutObject, https response error
StatusCode: 400, RequestID: , HostID: , api error ExpiredToken: said
ExpiredToken
unable to retrieve file from S3 bucket 'state' with key 'kexpired.tflock':
operation error S3: GetObject, https response error StatusCode: 404,
RequestID: , HostID: , NoSuchKey:`,
  ],
];

test.each(recorded)("%s", (_, expected, stderr) => {
  expect(lockFailure(stderr)).toEqual(expected);
});

test("a terminal's frame changes nothing, and other errors are not about the lock", () => {
  const framed = (recorded[0]?.[2] ?? "").replaceAll(/^/gm, "│ ");
  expect(lockFailure(`╷\n${framed}\n╵`)).toEqual(recorded[0]?.[1]);
  expect(lockFailure("Error: Invalid value\n  on main.tf: PreconditionFailed")).toBeUndefined();
  expect(
    lockFailure("Error: creating lock: Lock Info: ID: 1 Path: p Who: w Version: 1 Created: c Info:"),
  ).toBeUndefined();
});

/** A command that fails as given and then succeeds, on a clock that only sleeping and working move. */
function rig(failures: readonly ActionError[], { limitSeconds = 60, workSeconds = 1 } = {}) {
  let time = 0;
  const given: number[] = [];
  const lines: string[] = [];
  const work = async (lockTimeoutSeconds: number) => {
    given.push(lockTimeoutSeconds);
    time += workSeconds * 1000;
    const failure = failures[given.length - 1];
    if (failure !== undefined) throw failure;
    return "done";
  };
  const clock = {
    now: () => new Date(time),
    sleep: async (milliseconds: number) => {
      time += milliseconds;
    },
  };
  const log = (line: string) => lines.push(line);
  return {
    run: () => retryLocked(work, { limitSeconds, clock, log, random: () => 0.5 }),
    given,
    lines,
    seconds: () => time / 1000,
  };
}
const contended = () => lockError("stage: terraform plan failed", { kind: "contended" });

test("contention is tried again at growing intervals, each time with what is left of the limit", async () => {
  const { run, given, lines } = rig([contended(), contended(), contended()]);
  expect(await run()).toBe("done");
  expect(given).toEqual([60, 57, 53, 46]);
  expect(lines).toHaveLength(3);
});

test("trying again ends exactly at the limit, after one last try that does not wait", async () => {
  const { run, given, seconds } = rig(Array.from({ length: 99 }, contended), { workSeconds: 0 });
  await expect(run()).rejects.toBeInstanceOf(StateLockedError);
  expect(seconds()).toBe(60);
  expect(given.at(-1)).toBe(0);
});

test("a limit of 0 is one try", async () => {
  const { run, given } = rig([contended()], { limitSeconds: 0 });
  await expect(run()).rejects.toBeInstanceOf(StateLockedError);
  expect(given).toEqual([0]);
});

test("what Terraform may not do, and what is no matter of locks, is not tried again", async () => {
  const refused = lockError("stage: terraform plan failed", { kind: "refused", fault: "AccessDenied" });
  for (const error of [refused, new ActionError("Invalid value")]) {
    const { run, given } = rig([error]);
    await expect(run()).rejects.toBe(error);
    expect(given).toHaveLength(1);
  }
  expect(refused.hint).toContain("s3:GetObject, PutObject");
});

test("the holder that Terraform names is in the error and in the log, on one line", async () => {
  const held = lockError("stage: terraform plan failed", {
    kind: "held",
    id: "1-2",
    who: "a\n::set-output name=x::y",
    created: "2026-11-22",
  });
  expect(held.message).toContain("held by a ::set-output name=x::y since 2026-11-22, lock 1-2");
  const { run, lines } = rig([held]);
  await run();
  expect(lines[0]).toMatch(/^Terraform found the state locked by a ::set-output/);
});
