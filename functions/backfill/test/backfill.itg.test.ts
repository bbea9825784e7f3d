import { spawn } from "node:child_process";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { parseHour } from "../../ingestion-batch-layer/src/archive-hour.ts";
import { TableManifest } from "../../ingestion-batch-layer/src/manifest-table.ts";
import { type MotoServer, startMoto } from "../../test/moto-server.ts";

const program = fileURLToPath(new URL("../main.ts", import.meta.url));
const from = "2026-09-01-0";
const to = "2026-09-02-23";
let moto: MotoServer;
let queueUrl: string;
let manifest: TableManifest;

beforeAll(async () => {
  moto = await startMoto();
  await moto.createManifest("activity-stage-storage-dynamodb-hour-manifest");
  queueUrl = await moto.createQueue("activity-stage-workflow-lambda-ingestion-batch-layer");
  manifest = new TableManifest(moto.dynamodb, "activity-stage-storage-dynamodb-hour-manifest");
}, 60_000);
afterAll(() => moto[Symbol.asyncDispose]());

async function backfill(...args: string[]): Promise<{ code: number | null; out: string; err: string }> {
  const child = spawn(process.execPath, [program, ...args], {
    env: {
      PATH: process.env["PATH"],
      AWS_ENDPOINT_URL: moto.url,
      AWS_ACCESS_KEY_ID: "test",
      AWS_SECRET_ACCESS_KEY: "test",
      NO_PROXY: "127.0.0.1",
    },
  });
  let [out, err] = ["", ""];
  child.stdout.on("data", (chunk) => (out += chunk));
  child.stderr.on("data", (chunk) => (err += chunk));
  const { promise, resolve } = Promise.withResolvers<number | null>();
  child.on("close", resolve);
  return { code: await promise, out, err };
}

const asked = async () =>
  (await moto.takeMessages(queueUrl)).map((body) => (JSON.parse(body) as { hour: string }).hour);
const rows = () => manifest.rows(parseHour(from), parseHour(to));

async function land(name: string, events: number): Promise<void> {
  const now = new Date("2026-09-03T00:00:00Z");
  await manifest.expect(parseHour(name), { now, due: now });
  const file = {
    key: name,
    bytes: 20_000_000,
    uncompressedBytes: 1,
    sha256: "x",
    etag: '"x"',
    events,
    usual: undefined,
  };
  await manifest.landed(parseHour(name), file, now);
}

describe("backfill", () => {
  test("by itself only looks", async () => {
    await land("2026-09-01-5", 10);
    const { code, out, err } = await backfill("--from", from, "--to", to);
    expect(code, err).toBe(0);
    expect(out).toContain("2026-09-01-0 to 2026-09-02-23: 48 hours");
    expect(out).toContain("Would be asked for (--send): 47 hours");
    expect(out).toContain("from the archive: about 940 MB");
    expect(out).toContain("Dry run: nothing was changed.");
    expect(await asked()).toEqual([]);
    expect(await rows()).toHaveLength(1);
  }, 30_000);

  test("sends a message for each hour that nobody takes care of, once", async () => {
    const first = await backfill("--from", from, "--to", to, "--send");
    expect(first.code, first.err).toBe(0);
    expect(first.out).toContain("Asked for 47 hours.");
    expect(first.err).toContain("47 of 47 hours");
    const hours = await asked();
    expect(hours).toHaveLength(47);
    expect(new Set(hours).size).toBe(47);
    expect(hours).not.toContain("2026-09-01-5");
    expect((await rows()).filter(({ state }) => state === "expected")).toHaveLength(47);
    const second = await backfill("--from", from, "--to", to, "--send");
    expect(second.out).toContain("Asked for 0 hours.");
    expect(await asked()).toEqual([]);
  }, 60_000);

  test("has hours that landed ingested again, and no others", async () => {
    const { code, out, err } = await backfill("--from", from, "--to", to, "--again");
    expect(code, err).toBe(0);
    expect(out).toContain("1 hours are ingested again");
    const pending = (await rows()).filter((row) => row.pending === "ingest");
    expect(pending.map(({ hour }) => hour)).toEqual(["05"]);
    expect(Date.parse(pending[0]?.due ?? "")).toBeGreaterThan(Date.parse("2026-09-03T00:00:00Z"));
    expect(await asked()).toEqual([]);
  }, 30_000);

  test("shows the hours", async () => {
    const { code, out } = await backfill("--show", "--from", from, "--to", to);
    expect(code).toBe(0);
    expect(out).toMatch(/ 47 {2}expected/);
    expect(out).not.toContain("Dry run");
  }, 30_000);

  test.each<[string, string[], string]>([
    ["bad input", ["--from", to, "--to", from], "lies after --to"],
    ["an unknown environment", ["--from", from, "--to", to, "--environment", "prod"], "has no stack"],
  ])(
    "ends at %s with one line, and nothing is done",
    async (_, args, message) => {
      const { code, out, err } = await backfill(...args, "--send");
      expect(code).toBe(1);
      expect(err).toContain(message);
      expect(err.trim().split("\n")).toHaveLength(1);
      expect(out).toBe("");
    },
    30_000,
  );
});

test("where the environment is not deployed it says so", async () => {
  await using empty = await startMoto();
  const { url } = moto;
  moto = { ...moto, url: empty.url };
  const { code, err } = await backfill("--from", from, "--to", to);
  moto = { ...moto, url };
  expect(code).toBe(1);
  expect(err).toContain("is not there, in eu-west-1, for these credentials. Deploy the environment first");
}, 60_000);
