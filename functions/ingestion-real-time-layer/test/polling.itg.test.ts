import { createHash } from "node:crypto";
import { gunzipSync } from "node:zlib";
import { GetObjectCommand, ListObjectsV2Command, PutObjectCommand } from "@aws-sdk/client-s3";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { type Answer, type HttpServer, serve } from "../../test/http-server.ts";
import { type MotoServer, startMoto } from "../../test/moto-server.ts";
import { githubEvents } from "../src/events-source.ts";
import { type Deps, pollEvents } from "../src/logic.ts";
import { type PollState, s3PollState, stateKey } from "../src/poll-state.ts";
import { s3WriteEvents } from "../src/raw-layer.ts";

interface Event {
  readonly id: string;
  readonly type: string;
  readonly payload?: unknown;
}

let moto: MotoServer;
let github: HttpServer;
/** What GitHub lists at the moment, newest first. */
let listed: unknown[];
let answer: Answer;
let clock: Date;
let slept: number[];
let bucket: string;
let count = 0;

beforeAll(async () => {
  moto = await startMoto();
}, 60_000);
afterAll(() => moto[Symbol.asyncDispose]());
beforeEach(async () => {
  count += 1;
  bucket = `raw-${count}`;
  await moto.createBucket(bucket);
  listed = [];
  answer = listing;
  clock = new Date("2026-09-25T10:15:00.000Z");
  slept = [];
  github = await serve((request, response, nth) => answer(request, response, nth));
});
afterEach(() => github[Symbol.asyncDispose]());

const listing: Answer = (request, response) => {
  const { searchParams } = new URL(request.url ?? "/", github.url);
  const size = Number(searchParams.get("per_page"));
  const page = Number(searchParams.get("page"));
  const etag = `W/"${createHash("sha256").update(JSON.stringify(listed)).digest("hex")}"`;
  response.setHeader("x-poll-interval", "60");
  if (request.headers["if-none-match"] === etag) return response.writeHead(304).end();
  response.setHeader("content-type", "application/json").setHeader("etag", etag);
  return response.end(JSON.stringify(listed.slice((page - 1) * size, page * size)));
};

/** Events n, n-1, … first, newest first, as GitHub lists them. */
function events(newest: number, oldest: number, type = "PushEvent"): Event[] {
  return Array.from({ length: newest - oldest + 1 }, (_, index) => ({ id: String(newest - index), type }));
}

function dependencies(changes: Partial<Deps> = {}): Deps {
  return {
    source: githubEvents(github.url, { now: () => clock, timeoutMs: 500 }),
    state: s3PollState(moto.s3, bucket),
    write: s3WriteEvents(moto.s3, bucket),
    now: () => clock,
    sleep: async (ms) => void slept.push(ms),
    leaseMs: 120_000,
    newClaimId: () => crypto.randomUUID(),
    ...changes,
  };
}

const poll = (changes: Partial<Deps> = {}) => pollEvents(dependencies(changes));
const pass = (seconds: number) => {
  clock = new Date(clock.getTime() + seconds * 1000);
};

async function read(key: string): Promise<Buffer> {
  const { Body } = await moto.s3.send(new GetObjectCommand({ Bucket: bucket, Key: key }));
  return Buffer.from((await Body?.transformToByteArray()) ?? []);
}

const readState = async () => JSON.parse((await read(stateKey)).toString()) as PollState;

/** Every event that was written, in the order of keys and lines. */
async function written(): Promise<Event[]> {
  const { Contents = [] } = await moto.s3.send(
    new ListObjectsV2Command({ Bucket: bucket, Prefix: "events-api/" }),
  );
  const all: Event[] = [];
  for (const { Key } of Contents) {
    const lines = gunzipSync(await read(Key ?? ""))
      .toString()
      .trimEnd()
      .split("\n");
    all.push(...lines.map((line) => JSON.parse(line) as Event));
  }
  return all;
}

const ids = async () => (await written()).map(({ id }) => Number(id));

describe("the first poll", () => {
  test("writes all that GitHub lists, oldest first, and remembers it", async () => {
    listed = events(300, 1);
    const result = await poll();
    expect(result).toMatchObject({
      outcome: "written",
      events: 300,
      known: 0,
      requests: 3,
      key: expect.stringMatching(/^events-api\/date=2026-09-25\/hour=10\/20260925T101500000Z-/),
      nextPollAt: "2026-09-25T10:16:00.000Z",
    });
    expect(await ids()).toEqual(
      events(300, 1)
        .map(({ id }) => Number(id))
        .reverse(),
    );
    expect(github.requests.map(({ url }) => url)).toEqual(
      [1, 2, 3].map((page) => `/?per_page=100&page=${page}`),
    );
    const state = await readState();
    expect(state.seen).toHaveLength(300);
    expect(state.claim).toBeUndefined();
  });

  test("asks for no further page than there are", async () => {
    listed = events(7, 1);
    expect(await poll()).toMatchObject({ events: 7, requests: 1 });
  });
});

describe("a later poll", () => {
  beforeEach(async () => {
    listed = events(300, 1);
    await poll();
    pass(60);
  });

  test("sends the ETag and does nothing when nothing has changed", async () => {
    expect(await poll()).toEqual({
      outcome: "unchanged",
      requests: 1,
      known: 0,
      nextPollAt: "2026-09-25T10:17:00.000Z",
    });
    expect(github.requests.at(-1)?.headers["if-none-match"]).toMatch(/^W\//);
    pass(60);
    expect(await poll()).toMatchObject({ outcome: "unchanged", requests: 1 });
    expect(await ids()).toHaveLength(300);
  });

  test("writes only what is new, and stops at the page that holds a known event", async () => {
    listed = events(450, 151);
    expect(await poll()).toMatchObject({ outcome: "written", events: 150, known: 50, requests: 2 });
    expect(await ids()).toEqual(
      events(450, 1)
        .map(({ id }) => Number(id))
        .reverse(),
    );
  });

  test("takes a known id with another type for a new event, and known events with other content for known", async () => {
    listed = [
      { id: "300", type: "WatchEvent" },
      { id: "300", type: "PushEvent", payload: { size: 2 } },
    ];
    expect(await poll()).toMatchObject({ events: 1, known: 1 });
    expect((await written()).at(-1)).toEqual({ id: "300", type: "WatchEvent" });
  });

  test("writes an event without an id once", async () => {
    listed = [{ type: "PushEvent", odd: true }, ...listed];
    expect(await poll()).toMatchObject({ events: 1 });
    pass(60);
    listed = events(301, 301).concat(listed as Event[]);
    expect(await poll()).toMatchObject({ events: 1 });
    expect((await written()).filter(({ id }) => id === undefined)).toHaveLength(1);
  });

  test("forgets old events, but none that GitHub can still list", async () => {
    for (let newest = 600; newest <= 3_000; newest += 300) {
      listed = events(newest, newest - 299);
      await poll();
      pass(60);
    }
    expect((await readState()).seen).toHaveLength(2_000);
    expect(await ids()).toHaveLength(3_000);
    listed = events(3_001, 2_702);
    expect(await poll()).toMatchObject({ events: 1, known: 99 });
  }, 20_000);
});

describe("the pace", () => {
  test("is what GitHub asks for", async () => {
    answer = (_, response) => response.setHeader("x-poll-interval", "120").end("[]");
    expect(await poll()).toMatchObject({ nextPollAt: "2026-09-25T10:17:00.000Z" });
    pass(109);
    expect(await poll()).toEqual({ outcome: "too-early", nextPollAt: "2026-09-25T10:17:00.000Z" });
    expect(github.requests).toHaveLength(1);
    expect(slept).toEqual([]);
  });

  test("moments before the time it waits instead of losing its turn", async () => {
    await poll();
    pass(59);
    expect(await poll()).toMatchObject({ outcome: "unchanged" });
    expect(slept).toEqual([1_000]);
  });

  test.each<[string, number, Record<string, string>, string]>([
    ["retry-after", 429, { "retry-after": "90" }, "2026-09-25T10:16:30.000Z"],
    ["retry-after of the secondary limit", 403, { "retry-after": "90" }, "2026-09-25T10:16:30.000Z"],
    [
      "the reset of the limit",
      403,
      {
        "x-ratelimit-remaining": "0",
        "x-ratelimit-reset": String(Date.parse("2026-09-25T10:55:00Z") / 1000),
      },
      "2026-09-25T10:55:00.000Z",
    ],
    ["a minute when nothing is said", 429, {}, "2026-09-25T10:16:00.000Z"],
    ["two hours at most", 429, { "retry-after": "99999999" }, "2026-09-25T12:15:00.000Z"],
  ])("when limited, it waits for %s", async (_, status, headers, nextPollAt) => {
    listed = events(3, 1);
    answer = (_request, response) => response.writeHead(status, headers).end("{}");
    expect(await poll()).toEqual({ outcome: "rate-limited", requests: 1, known: 0, nextPollAt });
    answer = listing;
    expect(await poll()).toMatchObject({ outcome: "too-early" });
    clock = new Date(nextPollAt);
    expect(await poll()).toMatchObject({ outcome: "written", events: 3 });
  });

  test("with the last request that the limit allows, it reads no further page and waits for the reset", async () => {
    listed = events(300, 1);
    const reset = String(Date.parse("2026-09-25T10:40:00Z") / 1000);
    answer = (request, response, nth) =>
      listing(
        request,
        response.setHeader("x-ratelimit-remaining", "0").setHeader("x-ratelimit-reset", reset),
        nth,
      );
    expect(await poll()).toMatchObject({
      outcome: "written",
      events: 100,
      requests: 1,
      nextPollAt: "2026-09-25T10:40:00.000Z",
    });
  });
});

describe("never twice, never lost:", () => {
  test("of two invocations at once, one polls and the other one is busy", async () => {
    listed = events(5, 1);
    const results = await Promise.all([poll(), poll()]);
    expect(results.map(({ outcome }) => outcome).sort()).toEqual(["busy", "written"]);
    expect(await ids()).toEqual([1, 2, 3, 4, 5]);
  });

  test("while one polls, another one is busy", async () => {
    listed = events(5, 1);
    let second: Promise<unknown> | undefined;
    answer = (request, response, nth) => {
      second ??= poll();
      void second.then(() => listing(request, response, nth));
    };
    expect(await poll()).toMatchObject({ outcome: "written", events: 5 });
    expect(await second).toEqual({ outcome: "busy", nextPollAt: "2026-09-25T10:17:00.000Z" });
  });

  test("an invocation that vanished blocks the others no longer than it could have run", async () => {
    const state = {
      version: 1,
      seen: ["PushEvent:1"],
      nextPollAt: "2026-09-25T10:00:00.000Z",
      claim: { id: "gone", until: "2026-09-25T10:16:00.000Z" },
    };
    await moto.s3.send(new PutObjectCommand({ Bucket: bucket, Key: stateKey, Body: JSON.stringify(state) }));
    listed = events(2, 1);
    expect(await poll()).toMatchObject({ outcome: "busy" });
    pass(60);
    expect(await poll()).toMatchObject({ outcome: "written", events: 1, known: 1 });
  });

  test("events that could not be written are written by the next poll", async () => {
    listed = events(5, 1);
    const refused = poll({ write: () => Promise.reject(new Error("S3 is away")) });
    await expect(refused).rejects.toThrow("S3 is away");
    pass(60);
    expect(await poll()).toMatchObject({ outcome: "written", events: 5 });
    expect(await ids()).toEqual([1, 2, 3, 4, 5]);
  });

  test("a write of the state whose answer was lost counts when it is repeated", async () => {
    const store = s3PollState(moto.s3, bucket);
    const state: PollState = { version: 1, seen: [], nextPollAt: clock.toISOString() };
    const version = await store.replace(state, undefined);
    expect(await store.replace(state, undefined)).toBe(version);
    expect(await store.replace({ ...state, seen: ["x"] }, undefined)).toBeUndefined();
    expect(
      await store.replace({ ...state, seen: ["x"] }, '"0123456789abcdef0123456789abcdef"'),
    ).toBeUndefined();
  });
});

describe("when GitHub fails", () => {
  test("it polls again after two errors", async () => {
    listed = events(3, 1);
    answer = (request, response, nth) =>
      nth <= 2 ? response.writeHead(502).end() : listing(request, response, nth);
    expect(await poll()).toMatchObject({ outcome: "written", events: 3 });
  });

  test.each<[string, Answer, string, number]>([
    ["errors", (_, response) => response.writeHead(503).end(), "answered with status 503", 3],
    ["403 without a limit", (_, response) => response.writeHead(403).end(), "answered with status 403", 3],
    ["silence", () => undefined, "cannot be read", 3],
    [
      "an HTML page",
      (_, response) => response.writeHead(200, { "content-type": "text/html" }).end("<html>"),
      'text/html beginning with "<html>"',
      1,
    ],
    ["an object", (_, response) => response.end('{"message":"?"}'), "no list of events", 1],
  ])(
    "%s: it gives up, remembers nothing and lets the next poll in",
    async (_, failing, message, requests) => {
      listed = events(3, 1);
      answer = failing;
      await expect(poll()).rejects.toThrow(message);
      expect(github.requests).toHaveLength(requests);
      answer = listing;
      pass(60);
      expect(await poll()).toMatchObject({ outcome: "written", events: 3 });
    },
  );

  test("an error on a later page leaves nothing half remembered", async () => {
    listed = events(300, 1);
    answer = (request, response, nth) =>
      nth === 1 ? listing(request, response, nth) : response.writeHead(500).end();
    await expect(poll()).rejects.toThrow("answered with status 500");
    expect(await written()).toEqual([]);
    answer = listing;
    pass(60);
    expect(await poll()).toMatchObject({ outcome: "written", events: 300 });
  });
});

test.each(["not json", '{"version":2}'])("the state %j is refused with what to do", async (body) => {
  await moto.s3.send(new PutObjectCommand({ Bucket: bucket, Key: stateKey, Body: body }));
  await expect(poll()).rejects.toThrow("Delete the object to start afresh");
  expect(github.requests).toHaveLength(0);
});
