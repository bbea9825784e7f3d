import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { gunzipSync } from "node:zlib";
import { beforeAll, describe, expect, test } from "vitest";
import { type HourOptions, makeHour, shapeOf } from "../make-events.ts";

interface Event {
  readonly id: string;
  readonly type: string;
  readonly payload: object;
  readonly created_at: string;
}

const slim: HourOptions = { hour: "2026-09-25-5", count: 3_000, seed: 7, shape: "slim" };
const full: HourOptions = { hour: "2015-01-01-5", count: 3_000, seed: 7, shape: "full" };

const linesOf = (gzip: Buffer) => gunzipSync(gzip).toString("latin1").trimEnd().split("\n");
const linesFor = (options: HourOptions) => linesOf(makeHour(options));
const eventsFor = (options: HourOptions) => linesFor(options).map((line) => JSON.parse(line) as Event);
const keyOf = ({ type, id }: Event) => `${type}:${id}`;

/** An event as the layers after this one want it. */
function usable(line: string): boolean {
  try {
    const event = JSON.parse(line) as Partial<Event>;
    return typeof event.type === "string" && typeof event.created_at === "string";
  } catch {
    return false;
  }
}

describe("the same options", () => {
  test("give the same bytes in another process, time zone and locale, also in a file", async () => {
    const folder = await mkdtemp(join(tmpdir(), "events-"));
    const program = fileURLToPath(new URL("../make-events.ts", import.meta.url));
    const options = ["--count", "3000", "--seed", "7", "--hour", "2026-09-25-05", "--out", folder];
    const env = { ...process.env, TZ: "America/St_Johns", LC_ALL: "tr_TR.UTF-8" };
    await promisify(execFile)(process.execPath, [program, ...options], { env });
    const file = await readFile(join(folder, "2026-09-25-5.json.gz"));
    expect(await readdir(folder)).toEqual(["2026-09-25-5.json.gz"]);
    await rm(folder, { recursive: true });
    const digest = (bytes: Buffer) => createHash("sha256").update(bytes).digest("hex");
    expect(digest(file)).toBe(digest(makeHour(slim)));
  });

  test("and another seed or hour give other events", () => {
    const first = linesFor(slim)[0];
    expect(linesFor({ ...slim, seed: 8 })[0]).not.toBe(first);
    expect(linesFor({ ...slim, hour: "2026-09-25-6" })[0]).not.toBe(first);
  });
});

describe("duplicates and malformed lines", () => {
  const options = { ...full, duplicates: 300, malformed: 40 };
  const lines = linesFor(options);
  const good = lines.filter(usable);

  test("come on top, exactly as many as asked for", () => {
    expect(lines).toHaveLength(3_340);
    expect(good).toHaveLength(3_300);
    expect(new Set(good.map((line) => keyOf(JSON.parse(line) as Event))).size).toBe(3_000);
  });

  test("leave the other events as they are", () => {
    const plain = linesFor(full);
    const all = new Set(lines);
    expect(plain.filter((line) => !all.has(line))).toEqual([]);
  });

  test("repeat some events word for word and some with other content", () => {
    const different = new Set(good).size - 3_000;
    expect(different).toBeGreaterThan(10);
    expect(different).toBeLessThan(290);
  });

  test("of each malformed kind there is the same number", () => {
    const bad = lines.filter((line) => !usable(line));
    expect(bad.filter((line) => line.startsWith("<html>"))).toHaveLength(10);
    expect(bad.filter((line) => line.endsWith("cut-sho"))).toHaveLength(10);
    expect(bad.filter((line) => line.startsWith("\xff"))).toHaveLength(10);
  });
});

describe.each([
  ["full", full, 0.557],
  ["slim", slim, 0.809],
])("the %s shape", (_, options, pushes) => {
  const events = eventsFor(options);

  test("lies within its hour, nearly in order", () => {
    const times = events.map(({ created_at }) => created_at);
    const hour = `${options.hour.slice(0, 10)}T05:`;
    expect(times.filter((time) => !time.startsWith(hour))).toEqual([]);
    const late = times.filter((time, index) => index > 0 && time < (times[index - 1] ?? ""));
    expect(late.length).toBeGreaterThan(0);
    expect(late.length).toBeLessThan(40);
  });

  test("has the types in the shares of the real data", () => {
    const share = events.filter(({ type }) => type === "PushEvent").length / events.length;
    expect(Math.abs(share - pushes)).toBeLessThan(0.03);
  });
});

describe("what tells the shapes apart", () => {
  const payloadKeys = (options: HourOptions, type: string) => [
    ...new Set(
      eventsFor(options)
        .filter((event) => event.type === type)
        .map(({ payload }) => Object.keys(payload).sort().join()),
    ),
  ];

  test.each([
    [
      "PushEvent",
      "before,commits,distinct_size,head,push_id,ref,size",
      "before,head,push_id,ref,repository_id",
    ],
    [
      "CreateEvent",
      "description,master_branch,pusher_type,ref,ref_type",
      "description,full_ref,master_branch,pusher_type,ref,ref_type",
    ],
    ["DeleteEvent", "pusher_type,ref,ref_type", "full_ref,pusher_type,ref,ref_type"],
    ["ForkEvent", "forkee", "action,forkee"],
  ])("%s", (type, inFull, inSlim) => {
    expect(payloadKeys(full, type)).toEqual([inFull]);
    expect(payloadKeys(slim, type)).toEqual([inSlim]);
  });

  test("a slim pull request has five keys, and being merged is an action", () => {
    const pulls = eventsFor(slim)
      .filter(({ type }) => type === "PullRequestEvent")
      .map(({ payload }) => payload as { action: string; pull_request: object });
    expect(new Set(pulls.map(({ pull_request }) => Object.keys(pull_request).sort().join()))).toEqual(
      new Set(["base,head,id,number,url"]),
    );
    expect(pulls.map(({ action }) => action)).toContain("merged");
  });

  test("is chosen by the hour unless it is given", () => {
    expect(["2025-10-08-23", "2025-10-09-0"].map(shapeOf)).toEqual(["full", "slim"]);
  });
});

test("two counters: sixty days later, ids come back with other types, and never with the same", () => {
  const keys = eventsFor(slim);
  const later = eventsFor({ ...slim, hour: "2026-11-24-5" });
  const ids = new Set(keys.map(({ id }) => id));
  expect(later.filter(({ id }) => ids.has(id)).length).toBeGreaterThan(100);
  const before = new Set(keys.map(keyOf));
  expect(later.map(keyOf).filter((key) => before.has(key))).toEqual([]);
});

test.each<[string, Partial<HourOptions>]>([
  ["hour", { hour: "2026-09-25-24" }],
  ["hour", { hour: "2014-12-31-23" }],
  ["count", { count: -1 }],
  ["count", { count: 1.5 }],
  ["seed", { seed: Number.NaN }],
  ["duplicates", { duplicates: 1, count: 0 }],
])("a wrong %s is refused: %j", (name, wrong) => {
  expect(() => makeHour({ ...slim, ...wrong })).toThrow(name);
});

test("an hour may be empty, or nothing but malformed lines", () => {
  expect(gunzipSync(makeHour({ ...slim, count: 0 }))).toHaveLength(0);
  expect(linesFor({ ...slim, count: 0, malformed: 3 })).toHaveLength(3);
});

const realHour = fileURLToPath(
  new URL("../../../shared/data/github-events/2015-01-01-0.json.gz", import.meta.url),
);

describe.skipIf(!existsSync(realHour))("against a real hour of the full shape", () => {
  let real: Map<string, Set<string>>;
  let made: Map<string, Set<string>>;

  beforeAll(async () => {
    real = pathsByType(linesOf(await readFile(realHour)));
    made = pathsByType(linesFor(full));
  });

  test("no made event has a key that real ones do not have", () => {
    for (const [type, paths] of made)
      expect([type, [...paths].filter((path) => !real.get(type)?.has(path))]).toEqual([type, []]);
  });

  test("no made payload lacks a key that real ones have", () => {
    for (const [type, paths] of real) {
      const outer = [...paths].filter((path) => path.split(".").length <= 2);
      expect([type, outer.filter((path) => made.get(type)?.has(path) === false)]).toEqual([type, []]);
    }
  });
});

function pathsByType(lines: readonly string[]): Map<string, Set<string>> {
  const byType = new Map<string, Set<string>>();
  for (const line of lines) {
    // Whether a repository belongs to an organization has nothing to do with the type.
    const { org: _org, ...event } = JSON.parse(line) as Event & { readonly org?: object };
    const paths = byType.get(event.type) ?? new Set();
    collectPaths(event, "", paths);
    byType.set(event.type, paths);
  }
  return byType;
}

function collectPaths(value: unknown, prefix: string, paths: Set<string>): void {
  if (typeof value !== "object" || value === null) return;
  for (const [key, inner] of Object.entries(value)) {
    const path = Array.isArray(value) ? `${prefix}[]` : `${prefix}${prefix === "" ? "" : "."}${key}`;
    paths.add(path);
    collectPaths(inner, path, paths);
  }
}
