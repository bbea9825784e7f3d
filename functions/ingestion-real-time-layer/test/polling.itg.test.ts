import { createHash } from "node:crypto";
import { gunzipSync } from "node:zlib";
import { GetObjectCommand, ListObjectsV2Command, PutObjectCommand } from "@aws-sdk/client-s3";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { type Answer, type HttpServer, serve } from "../../test/http-server.ts";
import { type MotoServer, startMoto } from "../../test/moto-server.ts";
import { packEvents } from "../src/events-object.ts";
import { githubEvents } from "../src/events-source.ts";
import { type Deps, pollEvents } from "../src/logic.ts";
import { type PollState, s3PollState, stateKey } from "../src/poll-state.ts";
import { type EventsLayer, s3EventsLayer } from "../src/raw-layer.ts";

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
    layer: s3EventsLayer(moto.s3, bucket),
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
      .split("\n")
      .filter((line) => line !== "");
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
      claim: { id: "gone", until: "2026-09-25T10:16:00.000Z", key: "events-api/gone.json.gz" },
    };
    await moto.s3.send(new PutObjectCommand({ Bucket: bucket, Key: stateKey, Body: JSON.stringify(state) }));
    listed = events(2, 1);
    expect(await poll()).toMatchObject({ outcome: "busy" });
    pass(60);
    expect(await poll()).toMatchObject({ outcome: "written", events: 1, known: 1 });
  });

  const vanish = () => Promise.reject(new Error("the process is gone"));
  /** The layer or the state, of which one call ends the process instead of, or after, doing its work. */
  const dyingLayer = (when: "before" | "after"): Partial<Deps> => {
    const layer = s3EventsLayer(moto.s3, bucket);
    const write: EventsLayer["write"] = async (key, body) => {
      if (when === "after") await layer.write(key, body);
      return vanish();
    };
    return { layer: { ...layer, write } };
  };
  const dyingState = (call: number, when: "before" | "after"): Partial<Deps> => {
    const store = s3PollState(moto.s3, bucket);
    let calls = 0;
    return {
      state: {
        read: () => store.read(),
        async replace(state, version) {
          calls += 1;
          if (calls !== call) return store.replace(state, version);
          if (when === "after") await store.replace(state, version);
          return vanish();
        },
      },
    };
  };

  test.each<[string, () => Partial<Deps>]>([
    ["before the claim", () => dyingState(1, "before")],
    ["right after the claim", () => dyingState(1, "after")],
    ["before the object is written", () => dyingLayer("before")],
    ["right after the object was written", () => dyingLayer("after")],
    ["before the state is written", () => dyingState(2, "before")],
    ["right after the state was written", () => dyingState(2, "after")],
  ])("a process that ends %s", async (_, dying) => {
    listed = events(5, 1);
    await expect(poll(dying())).rejects.toThrow("the process is gone");
    pass(121);
    listed = events(7, 1);
    await poll();
    pass(60);
    await poll();
    expect(await ids()).toEqual([1, 2, 3, 4, 5, 6, 7]);
    expect((await readState()).claim).toBeUndefined();
  });

  test("one that ends while it settles what another left", async () => {
    listed = events(5, 1);
    await expect(poll(dyingLayer("before"))).rejects.toThrow("gone");
    pass(121);
    await expect(poll(dyingState(1, "before"))).rejects.toThrow("gone");
    await poll();
    expect(await ids()).toEqual([1, 2, 3, 4, 5]);
  });

  test("a write whose answer was lost counts when it is repeated", async () => {
    const layer = s3EventsLayer(moto.s3, bucket);
    const body = packEvents(events(2, 1));
    expect(await layer.write("events-api/one.json.gz", body)).toBe(true);
    expect(await layer.write("events-api/one.json.gz", body)).toBe(true);
    expect(await layer.settle("events-api/one.json.gz")).toEqual(events(2, 1));
  });

  test("a key that was closed takes no events any more", async () => {
    const layer = s3EventsLayer(moto.s3, bucket);
    expect(await layer.settle("events-api/one.json.gz")).toEqual([]);
    expect(await layer.write("events-api/one.json.gz", packEvents(events(2, 1)))).toBe(false);
    expect(await layer.settle("events-api/one.json.gz")).toEqual([]);
  });

  /** A poll that stands still before or after its object is written, until it is let go on. */
  function paused(when: "before" | "after") {
    const layer = s3EventsLayer(moto.s3, bucket);
    const reached = Promise.withResolvers<void>();
    const goOn = Promise.withResolvers<void>();
    const write: EventsLayer["write"] = async (key, body) => {
      const written = when === "after" ? await layer.write(key, body) : undefined;
      reached.resolve();
      await goOn.promise;
      return written ?? layer.write(key, body);
    };
    const outcome = Promise.allSettled([poll({ layer: { ...layer, write } })]);
    const end = async () => {
      goOn.resolve();
      const [ended] = await outcome;
      return ended;
    };
    return { reached: reached.promise, end };
  }

  describe.each<[string, number]>([
    ["its time is over", 121],
    ["another clock is an hour ahead", 3_600],
    ["another clock is an hour behind", -3_600],
    ["another clock is years behind", -90_000_000],
  ])("a poll that is still at work when %s", (_, seconds) => {
    test.each(["before", "after"] as const)("%s its write: it loses, its events do not", async (when) => {
      listed = events(5, 1);
      const late = paused(when);
      await late.reached;
      pass(seconds);
      listed = events(7, 1);
      const taken = await poll();
      expect(taken).toMatchObject({ outcome: "written", events: when === "after" ? 2 : 7 });
      expect(await late.end()).toMatchObject({
        status: "rejected",
        reason: { message: expect.stringContaining("took over") },
      });
      pass(60);
      listed = events(8, 1);
      await poll();
      expect((await ids()).sort((a, b) => a - b)).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
    });
  });

  test("clocks that are minutes apart only make it wait", async () => {
    listed = events(5, 1);
    const late = paused("before");
    await late.reached;
    pass(-300);
    expect(await poll()).toMatchObject({ outcome: "busy" });
    pass(300);
    expect(await late.end()).toMatchObject({ status: "fulfilled" });
    expect(await ids()).toEqual([1, 2, 3, 4, 5]);
  });

  test("a next poll that lies years ahead by somebody's clock is not waited for", async () => {
    const state = { version: 1, seen: [], nextPollAt: "2031-01-01T00:00:00.000Z" };
    await moto.s3.send(new PutObjectCommand({ Bucket: bucket, Key: stateKey, Body: JSON.stringify(state) }));
    listed = events(2, 1);
    expect(await poll()).toMatchObject({ outcome: "written", events: 2 });
    expect(slept).toEqual([]);
  });

  test("events that could not be written are written by a later poll", async () => {
    listed = events(5, 1);
    const layer = s3EventsLayer(moto.s3, bucket);
    const refused = poll({ layer: { ...layer, write: () => Promise.reject(new Error("S3 is away")) } });
    await expect(refused).rejects.toThrow("S3 is away");
    pass(60);
    expect(await poll()).toMatchObject({ outcome: "busy" });
    pass(61);
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
