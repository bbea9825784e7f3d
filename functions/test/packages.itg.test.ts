import { execFile } from "node:child_process";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import type { ServerResponse } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { gzipSync } from "node:zlib";
import { unzipSync } from "fflate";
import { afterAll, beforeAll, expect, test } from "vitest";
import { buildFunctions } from "../build.ts";
import { type HttpServer, serve } from "./http-server.ts";
import { type MotoServer, startMoto } from "./moto-server.ts";

const run = promisify(execFile);
/** Gzip members in a row are one gzip file: large files need no large buffer here. */
const member = gzipSync(
  randomBytes(750_000)
    .toString("base64")
    .replaceAll(/.{100}/g, "$&\n"),
  { level: 1 },
);
const members = 200;

let folder: string;
let moto: MotoServer;
let server: HttpServer;
let queueUrl: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "packages-"));
  for (const { name, zip } of await buildFunctions(folder)) {
    await writeFile(join(folder, `${name}.mjs`), unzipSync(await readFile(zip))["index.mjs"] ?? "");
  }
  moto = await startMoto();
  await moto.createBucket("raw-layer");
  await moto.createManifest("hour-manifest");
  queueUrl = await moto.createQueue("hours");
  server = await serve((request, response) => {
    if (request.url === "/2026-09-25-9.json.gz") response.writeHead(404).end();
    else if (request.url?.startsWith("/events")) response.end('[{"id":"1","type":"PushEvent"}]');
    else void sendMembers(response);
  });
}, 90_000);
afterAll(async () => {
  await server[Symbol.asyncDispose]();
  await moto[Symbol.asyncDispose]();
  await rm(folder, { recursive: true });
});

async function sendMembers(response: ServerResponse): Promise<void> {
  response.writeHead(200, { "content-length": member.length * members });
  for (let sent = 0; sent < members; sent += 1) {
    if (!response.write(member)) await once(response, "drain");
  }
  response.end();
}

interface Invocation {
  readonly result: unknown;
  readonly peakMb: number;
  readonly logged: readonly unknown[];
}

/** As Lambda does it: a process with nothing but the package, the event and the environment. */
async function invoke(name: string, event: unknown): Promise<Invocation> {
  const program = `
    const { handler } = await import("./${name}.mjs");
    const context = { getRemainingTimeInMillis: () => 60_000 };
    const result = await handler(${JSON.stringify(event)}, context).catch(({ name }) => ({ errorType: name }));
    console.log(JSON.stringify({ result, peakMb: process.resourceUsage().maxRSS / 1024 }));`;
  const { stdout } = await run(process.execPath, ["--input-type=module", "--eval", program], {
    cwd: folder,
    env: {
      ARCHIVE_URL: server.url,
      GITHUB_EVENTS_URL: `${server.url}/events`,
      RAW_BUCKET: "raw-layer",
      MANIFEST_TABLE: "hour-manifest",
      QUEUE_URL: queueUrl,
      AWS_ENDPOINT_URL: moto.url,
      AWS_REGION: "eu-west-1",
      AWS_ACCESS_KEY_ID: "test",
      AWS_SECRET_ACCESS_KEY: "test",
    },
  });
  const lines = stdout
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line) as unknown);
  return { ...(lines.at(-1) as Omit<Invocation, "logged">), logged: lines.slice(0, -1) };
}

test("the batch package lands a file of 150 MB without holding it in memory, and says so in one line, beside what is counted", async () => {
  const { result, peakMb, logged } = await invoke("ingestion-batch-layer", { hour: "2026-09-25-10" });
  expect(result).toMatchObject({ outcome: "landed", bytes: member.length * members });
  expect(peakMb).toBeLessThan(300);
  expect(logged).toEqual([
    expect.objectContaining({ level: "INFO", service: "ingestion-batch-layer", ...(result as object) }),
    expect.objectContaining({
      _aws: expect.anything(),
      LandedHours: 1,
      LandedBytes: member.length * members,
    }),
  ]);
  const again = await invoke("ingestion-batch-layer", { hour: "2026-09-25-10" });
  expect(again.result).toMatchObject({ outcome: "already-there" });
}, 60_000);

test.each([
  ["HourMissingError", { hour: "2026-09-25-9" }],
  ["InvalidHourError", { hour: "2026-09-25-25" }],
])("the batch package reports %s by this name", async (errorType, event) => {
  expect((await invoke("ingestion-batch-layer", event)).result).toEqual({ errorType });
});

test("the real-time package polls and then keeps the pace", async () => {
  const { result, logged } = await invoke("ingestion-real-time-layer", {});
  expect(result).toMatchObject({ outcome: "written", events: 1 });
  expect(logged).toEqual([
    expect.objectContaining({ service: "ingestion-real-time-layer", message: "written" }),
  ]);
  expect((await invoke("ingestion-real-time-layer", {})).result).toMatchObject({ outcome: "too-early" });
}, 30_000);
