import { createHash, randomBytes } from "node:crypto";
import type { ServerResponse } from "node:http";
import { gzipSync } from "node:zlib";
import { GetObjectCommand, ListMultipartUploadsCommand, ListObjectsV2Command } from "@aws-sdk/client-s3";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { type Answer, serve } from "../../test/http-server.ts";
import { type MotoServer, startMoto } from "../../test/moto-server.ts";
import { httpArchive } from "../src/archive.ts";
import { parseHour } from "../src/archive-hour.ts";
import { type Deps, landHour } from "../src/logic.ts";
import { TableManifest } from "../src/manifest-table.ts";
import { s3RawLayer } from "../src/raw-layer.ts";
import { requestOfEvent } from "../src/request.ts";

const key = "gharchive/date=2026-09-25/hour=05/2026-09-25-5.json.gz";
const event = { hour: "2026-09-25-05" };
const small = gzipSync('{"id":"1"}\n{"id":"2"}\n');
/** Two parts and a bit, so that the upload is a multipart one. */
const large = gzipSync(`${randomBytes(13_500_000).toString("base64")}\n`, { level: 1 });

let moto: MotoServer;
let bucket: string;
let table: string;
let count = 0;

beforeAll(async () => {
  moto = await startMoto();
}, 60_000);
afterAll(() => moto[Symbol.asyncDispose]());
beforeEach(async () => {
  count += 1;
  bucket = `raw-${count}`;
  table = `manifest-${count}`;
  await moto.createBucket(bucket);
  await moto.createManifest(table);
});

interface Changes {
  readonly signal?: AbortSignal;
  readonly now?: string;
  readonly idleMs?: number;
}

async function land(answer: Answer, what: unknown, changes: Changes = {}) {
  await using server = await serve(answer);
  const now = () => new Date(changes.now ?? "2026-09-25T12:00:00Z");
  const deps: Deps = {
    archive: httpArchive(server.url, { headersMs: 2_000, idleMs: changes.idleMs ?? 2_000 }),
    rawLayer: s3RawLayer(moto.s3, bucket),
    manifest: new TableManifest(moto.dynamodb, table),
    now,
    sleep: async () => undefined,
    signal: changes.signal ?? new AbortController().signal,
  };
  const requests = server.requests;
  const asked = async () => landHour(requestOfEvent(what, now()).hour, deps);
  const [outcome] = await Promise.allSettled([asked()]);
  const paths = requests.map(({ url }) => url);
  return outcome.status === "fulfilled"
    ? { landing: outcome.value, paths }
    : { error: outcome.reason as Error, paths };
}

const file =
  (body: Buffer): Answer =>
  (_, response) =>
    response.writeHead(200, { "content-type": "application/gzip", "content-length": body.length }).end(body);

async function keys(): Promise<string[]> {
  const { Contents = [] } = await moto.s3.send(new ListObjectsV2Command({ Bucket: bucket }));
  return Contents.map(({ Key }) => Key ?? "");
}

async function expectNothingLanded() {
  expect(await keys()).toEqual([]);
  const { Uploads = [] } = await moto.s3.send(new ListMultipartUploadsCommand({ Bucket: bucket }));
  expect(Uploads).toEqual([]);
}

describe("landing an hour", () => {
  test("keeps the bytes as they came and says what it did", async () => {
    const { landing, paths } = await land(file(small), event);
    expect(landing).toEqual({
      outcome: "landed",
      hour: "2026-09-25-5",
      bucket,
      key,
      bytes: small.length,
      uncompressedBytes: 22,
      lines: 2,
      sha256: createHash("sha256").update(small).digest("hex"),
      etag: expect.stringMatching(/^"[0-9a-f]{32}"$/),
    });
    expect(paths).toEqual(["/2026-09-25-5.json.gz"]);
    const stored = await moto.s3.send(new GetObjectCommand({ Bucket: bucket, Key: key }));
    expect(Buffer.from((await stored.Body?.transformToByteArray()) ?? []).equals(small)).toBe(true);
    expect(stored.ContentType).toBe("application/gzip");
  });

  test("lands a file of several parts whole", async () => {
    const { landing } = await land(file(large), event);
    expect(landing).toMatchObject({ outcome: "landed", bytes: large.length, lines: 1 });
    const stored = await moto.s3.send(new GetObjectCommand({ Bucket: bucket, Key: key }));
    expect(Buffer.from((await stored.Body?.transformToByteArray()) ?? []).equals(large)).toBe(true);
  });

  test("a second run finds it there and asks the archive for nothing", async () => {
    await land(file(small), event);
    const { landing, paths } = await land(file(large), event);
    expect(landing).toEqual({ outcome: "already-there", hour: "2026-09-25-5", bucket, key });
    expect(paths).toEqual([]);
  });

  test.each([
    ["of one part", small],
    ["of several parts", large],
    // moto completes two uploads of one key at the same instant without holding the second to its condition.
  ])("of two runs at once, one lands a file %s and one finds it there", { retry: 4 }, async (_, body) => {
    // Both have passed the first look when either gets an answer.
    const waiting: (() => void)[] = [];
    const together: Answer = (request, response, nth) => {
      waiting.push(() => file(body)(request, response, nth));
      if (waiting.length === 2) for (const answer of waiting) answer();
    };
    await using server = await serve(together);
    const deps: Deps = {
      archive: httpArchive(server.url),
      rawLayer: s3RawLayer(moto.s3, bucket),
      manifest: new TableManifest(moto.dynamodb, table),
      now: () => new Date("2026-09-25T12:00:00Z"),
      sleep: async () => undefined,
      signal: new AbortController().signal,
    };
    const hour = parseHour(event.hour);
    const landings = await Promise.all([landHour(hour, deps), landHour(hour, deps)]);
    // Which of them records it is open: the other one may have the object first and the row second.
    expect(landings.map(({ outcome }) => outcome === "already-there").sort()).toEqual([false, true]);
    expect(await keys()).toEqual([key]);
    const { Uploads = [] } = await moto.s3.send(new ListMultipartUploadsCommand({ Bucket: bucket }));
    expect(Uploads).toEqual([]);
  });
});

describe("which hour", () => {
  test.each([
    ["none: the hour just past", undefined, "/2026-09-25-11.json.gz"],
    ["empty: the hour just past", {}, "/2026-09-25-11.json.gz"],
    [
      "the time of the schedule, however late it runs",
      { time: "2026-09-25T03:15:00Z" },
      "/2026-09-25-2.json.gz",
    ],
    [
      "EventBridge's own",
      { source: "aws.scheduler", time: "2026-09-25T03:15:00Z", id: "x", detail: "{}" },
      "/2026-09-25-2.json.gz",
    ],
  ])("event %s", async (_, what, path) => {
    expect((await land(file(small), what)).paths).toEqual([path]);
  });

  test.each([
    ["a misspelt key", { Hour: "2026-09-25-5" }, "Hour"],
    ["a number", { hour: 5 }, "hour"],
    ["a text", "2026-09-25-5", "must be"],
    ["an hour to come", { hour: "2026-09-25-12" }, "is not over yet"],
  ])("%s is refused before anything is asked", async (_, what, message) => {
    const { error, paths } = await land(file(small), what);
    expect(error).toMatchObject({ name: "InvalidHourError", message: expect.stringContaining(message) });
    expect(paths).toEqual([]);
  });
});

const cut = (response: ServerResponse, body: Buffer) => {
  response.writeHead(200, { "content-length": body.length });
  response.write(body.subarray(0, body.length / 2), () => response.destroy());
};

describe("when the archive fails", () => {
  test("a missing hour is no failure: it says so at once, and when it is asked for again", async () => {
    const { landing, paths } = await land((_, response) => response.writeHead(404).end("not found"), event);
    expect(landing).toMatchObject({
      outcome: "missing",
      due: "2026-09-25T13:00:00.000Z",
      reason: expect.stringContaining("/2026-09-25-5.json.gz does not exist"),
    });
    expect(paths).toHaveLength(1);
    await expectNothingLanded();
  });

  test.each([
    ["answers 503 twice", (response: ServerResponse) => response.writeHead(503).end("busy")],
    ["breaks off twice", (response: ServerResponse) => cut(response, large)],
    ["closes the connection twice", (response: ServerResponse) => response.destroy()],
  ])("it lands the hour after the server %s", async (_, fail) => {
    const { landing, paths } = await land(
      (request, response, nth) => (nth <= 2 ? fail(response) : file(large)(request, response, nth)),
      event,
    );
    expect(landing).toMatchObject({ outcome: "landed", bytes: large.length });
    expect(paths).toHaveLength(3);
  });

  test.each<[string, Answer, string]>([
    ["5xx", (_, response) => response.writeHead(500).end(), "answered with status 500"],
    ["403", (_, response) => response.writeHead(403).end(), "answered with status 403"],
    ["a cut body", (_, response) => cut(response, large), "broke off after"],
    ["silence", () => undefined, "nothing came for 2000 ms"],
    [
      "silence in the body",
      (_, response) => void response.writeHead(200).write(large.subarray(0, 9_000_000)),
      "broke off after 9000000 bytes: nothing came",
    ],
  ])(
    "it gives up on %s after a bounded number of attempts, with nothing landed",
    async (_, answer, message) => {
      const { error, paths } = await land(answer, event, { idleMs: 300 });
      expect(error).toMatchObject({
        name: "ArchiveUnavailableError",
        message: expect.stringContaining(message),
      });
      expect(paths).toHaveLength(4);
      await expectNothingLanded();
    },
    20_000,
  );

  test.each<[string, Answer, string]>([
    [
      "an HTML page with status 200",
      (_, response) => response.writeHead(200, { "content-type": "text/html" }).end("<html>"),
      "came as text/html",
    ],
    ["an empty body", (_, response) => response.writeHead(200).end(), "is empty"],
    ["a truncated file", file(large.subarray(0, -9)), "is truncated"],
    [
      "a file with something after it",
      file(Buffer.concat([large, Buffer.from("and so on")])),
      "is a damaged gzip file",
    ],
    [
      "a length too short for the file",
      (_, response) => response.writeHead(200, { "content-length": 10 }).end(small.subarray(0, 10)),
      "is truncated",
    ],
  ])("%s is refused, with nothing landed", async (_, answer, message) => {
    const { error } = await land(answer, event);
    expect(error).toMatchObject({ name: "BadArchiveError", message: expect.stringContaining(message) });
    await expectNothingLanded();
  });

  test("near the time limit it stops, with nothing landed and no further attempt", async () => {
    const limit = new AbortController();
    const { error, paths } = await land(
      (_, response) =>
        response
          .writeHead(200)
          .write(large.subarray(0, 9_000_000), () =>
            setTimeout(() => limit.abort(new Error("the time limit is near")), 200),
          ),
      event,
      { signal: limit.signal },
    );
    expect(error?.message).toContain("the time limit is near");
    expect(paths).toHaveLength(1);
    await expectNothingLanded();
  });
});

test("a missing bucket is an error, not a missing object", async () => {
  bucket = "absent";
  expect((await land(file(small), event)).error?.name).toBe("NoSuchBucket");
});
