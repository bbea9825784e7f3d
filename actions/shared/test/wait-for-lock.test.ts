import { expect, test } from "vitest";
import { parseLockInfo } from "../src/lock-info.ts";
import type { LockHolder, LockState } from "../src/ports/locks.ts";
import { LockHeldError, type LockMode, waitForLock } from "../src/wait-for-lock.ts";

const holder: LockHolder = {
  id: "6f1c0a52-7a2f-8a4e-1c55-0d6d4c1b7a11",
  operation: "OperationTypeApply",
  who: "runner@host",
  version: "1.11.4",
  created: "2026-11-22T10:00:00.123456789Z",
  path: "state/stage/storage/s3/terraform.tfstate",
  kind: "lockfile",
};
const held: LockState = { status: "held", holders: [holder, { ...holder, kind: "dynamodb" }] };
const unknown: LockState = {
  status: "unknown",
  reason: "the lock file s3://b/k cannot be read: AccessDenied",
};
const free: LockState = { status: "free" };

/** A lock that goes through the states, the last one for ever, on a clock that only sleeping moves. */
function rig(mode: LockMode, limitSeconds: number, ...states: LockState[]) {
  let time = Date.parse("2026-11-22T10:12:00Z");
  let looks = 0;
  const lines: string[] = [];
  const read = async () => states[Math.min(looks++, states.length - 1)] ?? free;
  const options = {
    mode,
    limitSeconds,
    log: (line: string) => lines.push(line),
    now: () => new Date(time),
    sleep: async (milliseconds: number) => {
      time += milliseconds;
    },
    random: () => 0.5,
  };
  const started = time;
  return {
    run: () => waitForLock(read, options),
    lines,
    looks: () => looks,
    waited: () => (time - started) / 1000,
  };
}

test("a free lock costs one look in every mode", async () => {
  for (const mode of ["fail", "wait", "report"] as const) {
    const { run, looks, lines } = rig(mode, 60, free);
    expect(await run()).toEqual(free);
    expect(looks()).toBe(1);
    expect(lines).toEqual([]);
  }
});

test("report gives what it found and never fails", async () => {
  expect(await rig("report", 60, held).run()).toEqual(held);
  expect(await rig("report", 60, unknown).run()).toEqual(unknown);
});

test("a held lock fails at once and says who holds it, since when, what for and what to do", async () => {
  const { run, looks } = rig("fail", 60, held);
  const error = await run().catch((thrown: unknown) => thrown);
  expect(looks()).toBe(1);
  if (!(error instanceof LockHeldError)) throw error;
  expect(error.state).toEqual(held);
  for (const part of [
    holder.who,
    holder.created,
    "11 min ago",
    holder.operation,
    "lock file and DynamoDB item",
  ])
    expect(error.message).toContain(part);
  expect(error.hint).toContain(`lock-id ${holder.id}`);
});

test("an unreadable lock counts as held, in fail and in wait", async () => {
  await expect(rig("fail", 0, unknown).run()).rejects.toThrow(/counts as held.*AccessDenied/);
  const waiting = rig("wait", 60, unknown, unknown, free);
  expect(await waiting.run()).toEqual(free);
});

test("waiting ends as soon as the lock is free", async () => {
  const { run, looks, waited } = rig("wait", 300, held, held, held, free);
  expect(await run()).toEqual(free);
  expect(looks()).toBe(4);
  expect(waited()).toBeLessThan(15);
});

test("waiting stops exactly at its limit, after one last look", async () => {
  const { run, waited } = rig("wait", 100, held);
  await expect(run()).rejects.toThrow(/waited 100 s/);
  expect(waited()).toBe(100);
});

test("a wait of 0 seconds is one look", async () => {
  const { run, looks } = rig("wait", 0, held);
  await expect(run()).rejects.toBeInstanceOf(LockHeldError);
  expect(looks()).toBe(1);
});

test("a long wait looks often and says so seldom, and at once when the holder changes", async () => {
  const long = rig("wait", 600, held);
  await expect(long.run()).rejects.toThrow(/waited 600 s/);
  expect(long.looks()).toBeGreaterThan(40);
  expect(long.lines.length).toBeLessThan(22);
  const other: LockState = { status: "held", holders: [{ ...holder, id: "other" }] };
  const changing = rig("wait", 60, held, other, free);
  await changing.run();
  expect(changing.lines).toHaveLength(2);
});

test("lock information cannot smuggle a command for the runner into the log", () => {
  const text = JSON.stringify({
    ID: "1-2",
    Operation: "OperationTypeApply",
    Info: "",
    Who: "a\n::set-output name=x::y\u2028::stop",
    Version: "1",
    Created: "2026-11-22T10:00:00Z",
    Path: "b/k",
  });
  const parsed = parseLockInfo(text, "lockfile");
  if (typeof parsed === "string") throw new Error(parsed);
  expect(parsed.who).toBe("a ::set-output name=x::y ::stop");
});

test.each([
  ["nothing", ""],
  ["half of it", '{"ID":"1-2","Operation":"Opera'],
  ["something else", "<html>"],
  [
    "an id that no shell should see",
    '{"ID":"$(id)","Operation":"","Info":"","Who":"","Version":"","Created":"","Path":""}',
  ],
])("%s is no lock information", (_, text) => {
  expect(parseLockInfo(text, "dynamodb")).toBeTypeOf("string");
});
