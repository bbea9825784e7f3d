import type { Context, SQSBatchResponse } from "aws-lambda";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from "vitest";
import { type MotoServer, startMoto } from "../../test/moto-server.ts";
import { parseHour } from "../src/archive-hour.ts";
import { hourFile, openScene, type Scene } from "./scene.ts";

let moto: MotoServer;
let scene: Scene;
let handler: (event: unknown, context?: Context) => Promise<unknown>;
let printed: string[];

beforeAll(async () => {
  moto = await startMoto();
  vi.stubEnv("AWS_ENDPOINT_URL", moto.url);
  vi.stubEnv("AWS_REGION", "eu-west-1");
  vi.stubEnv("AWS_ACCESS_KEY_ID", "test");
  vi.stubEnv("AWS_SECRET_ACCESS_KEY", "test");
  // Powertools writes to the console then, where the test can see it.
  vi.stubEnv("POWERTOOLS_DEV", "true");
  vi.stubEnv("POWERTOOLS_METRICS_DISABLED", "false");
  ({ handler } = await import("../src/handler.ts"));
}, 60_000);
afterAll(async () => {
  vi.unstubAllEnvs();
  await moto[Symbol.asyncDispose]();
});
beforeEach(async () => {
  scene = await openScene(moto, "2026-09-25T06:15:00.000Z");
  vi.stubEnv("RAW_BUCKET", scene.bucket);
  vi.stubEnv("MANIFEST_TABLE", scene.table);
  // As it is deployed: the address of AWS, while AWS_ENDPOINT_URL says where SQS is.
  vi.stubEnv("QUEUE_URL", scene.queueUrl.replace(moto.url, "https://sqs.eu-west-1.amazonaws.com"));
  vi.stubEnv("ARCHIVE_URL", scene.archive.url);
  printed = [];
  for (const method of ["log", "info", "warn", "error"] as const)
    vi.spyOn(console, method).mockImplementation((line: unknown) => void printed.push(String(line)));
});
afterEach(async () => {
  vi.restoreAllMocks();
  await scene[Symbol.asyncDispose]();
});

const batchOf = (...bodies: string[]) => ({
  Records: bodies.map((body, index) => ({ messageId: `m${index}`, body, eventSource: "aws:sqs" })),
});
const failed = async (event: unknown, context?: Context) =>
  ((await handler(event, context)) as SQSBatchResponse).batchItemFailures.map(
    ({ itemIdentifier }) => itemIdentifier,
  );
const remaining = (...milliseconds: number[]) =>
  ({ getRemainingTimeInMillis: () => milliseconds.shift() ?? 0 }) as unknown as Context;
const lines = () => printed.map((line) => JSON.parse(line) as Record<string, unknown>);
const metrics = () => lines().find((line) => "_aws" in line);
const stateOf = async (hour: string) =>
  (await scene.deps().manifest.rows(parseHour(hour), parseHour(hour)))[0]?.state;

describe("a batch of messages", () => {
  test("is done when every hour has landed or is known to be missing", async () => {
    scene.files.set("2024-01-01-5", hourFile(3));
    const batch = batchOf('{"hour":"2024-01-01-5"}', '{"hour":"2024-01-01-6"}', '{"hour":"2024-01-01-05"}');
    expect(await failed(batch)).toEqual([]);
    expect(await stateOf("2024-01-01-5")).toBe("landed");
    expect(await stateOf("2024-01-01-6")).toBe("missing");
    expect(lines().map(({ message }) => message)).toEqual(
      expect.arrayContaining(["landed", "missing", "already-there"]),
    );
    expect(metrics()).toMatchObject({ LandedHours: 1, LandedEvents: 3, MissingHours: 1 });
  });

  test.each([
    ["no JSON", "2024-01-01-5", "must be"],
    ["another thing", '{"Hour":"2024-01-01-5"}', "must be"],
    ["nothing", "{}", "must be"],
    ["no hour", '{"hour":"2024-01-01-24"}', "is not an hour"],
    ["an hour before the archive began", '{"hour":"2011-02-11-23"}', "before the archive's first hour"],
    ["an hour to come", '{"hour":"2999-01-01-5"}', "is not over yet"],
    ["a time to come", '{"time":"2999-01-01T05:15:00Z"}', "is not over yet"],
  ])("with %s in it fails in that message alone, and says why", async (_, poison, reason) => {
    scene.files.set("2024-01-01-5", hourFile(3));
    scene.files.set("2024-01-01-6", hourFile(3));
    const batch = batchOf('{"hour":"2024-01-01-5"}', poison, '{"hour":"2024-01-01-6"}');
    expect(await failed(batch)).toEqual(["m1"]);
    expect([await stateOf("2024-01-01-5"), await stateOf("2024-01-01-6")]).toEqual(["landed", "landed"]);
    expect(lines()).toContainEqual(
      expect.objectContaining({
        level: "ERROR",
        errorType: "InvalidHourError",
        request: poison,
        reason: expect.stringContaining(reason),
      }),
    );
    expect(metrics()).toMatchObject({ LandedHours: [1, 1], FailedHours: 1 });
  });

  test("of nothing but poison comes back whole, without an error of the function", async () => {
    expect(await failed(batchOf("x", "y"))).toEqual(["m0", "m1"]);
  });

  test("with a broken file comes back with that message", async () => {
    scene.files.set("2024-01-01-5", Buffer.from("<html>"));
    expect(await failed(batchOf('{"hour":"2024-01-01-5"}'))).toEqual(["m0"]);
    expect(lines()).toContainEqual(expect.objectContaining({ errorType: "BadArchiveError" }));
  });

  test("is left for the next invocation where too little time remains", async () => {
    for (const hour of ["5", "6", "7"]) scene.files.set(`2024-01-01-${hour}`, hourFile(1));
    const batch = batchOf('{"hour":"2024-01-01-5"}', '{"hour":"2024-01-01-6"}', '{"hour":"2024-01-01-7"}');
    // Asked once for the deadline, then before each message.
    expect(await failed(batch, remaining(600_000, 500_000, 59_000, 58_000))).toEqual(["m1", "m2"]);
    expect(await stateOf("2024-01-01-6")).toBeUndefined();
    expect(metrics()).not.toHaveProperty("FailedHours");
  });
});

test("a message of the schedule means the hour before its time, and asks for others", async () => {
  scene.files.set("2024-01-01-5", hourFile(2));
  await scene.deps().manifest.expect(parseHour("2024-01-01-2"), { now: new Date(), due: new Date() });
  expect(await failed(batchOf('{"time":"2024-01-01T06:15:00Z"}'))).toEqual([]);
  expect(await stateOf("2024-01-01-5")).toBe("landed");
  const asked = (await moto.takeMessages(scene.queueUrl)).map(
    (body) => (JSON.parse(body) as { hour: string }).hour,
  );
  expect(asked.sort()).toEqual(["2024-01-01-2", "2024-01-01-3", "2024-01-01-4"]);
  expect(lines()).toContainEqual(
    expect.objectContaining({
      message: "asked for others",
      again: ["2024-01-01-2"],
      gaps: ["2024-01-01-3", "2024-01-01-4"],
    }),
  );
});

test("whoever invokes it directly gets the landing, or the error by its name", async () => {
  scene.files.set("2024-01-01-5", hourFile(2));
  expect(await handler({ hour: "2024-01-01-5" })).toMatchObject({ outcome: "landed", lines: 2 });
  await expect(handler({ hour: "2024-01-01-6" })).rejects.toMatchObject({ name: "HourMissingError" });
  await expect(handler({ hour: "x" })).rejects.toMatchObject({ name: "InvalidHourError" });
});
