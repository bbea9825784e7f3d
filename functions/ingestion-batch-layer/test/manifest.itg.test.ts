import { GetItemCommand, PutItemCommand } from "@aws-sdk/client-dynamodb";
import { ListObjectsV2Command, PutObjectCommand } from "@aws-sdk/client-s3";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { type MotoServer, startMoto } from "../../test/moto-server.ts";
import { hoursAfter, hoursBetween, parseHour, rawLayerKey } from "../src/archive-hour.ts";
import { landHour } from "../src/logic.ts";
import type { Manifest } from "../src/manifest.ts";
import { rowKey } from "../src/manifest-row.ts";
import { parseRow } from "../src/manifest-update.ts";
import { type Deps, work } from "../src/work.ts";
import { hourFile, openScene, type Scene } from "./scene.ts";

const hour = parseHour("2026-09-25-5");
let moto: MotoServer;
let scene: Scene;

beforeAll(async () => {
  moto = await startMoto();
}, 60_000);
afterAll(() => moto[Symbol.asyncDispose]());
beforeEach(async () => {
  scene = await openScene(moto, "2026-09-25T06:15:00.000Z");
});
afterEach(() => scene[Symbol.asyncDispose]());

async function rowOf(of = hour) {
  const { date, hour: number } = rowKey(of);
  const { Item } = await moto.dynamodb.send(
    new GetItemCommand({
      TableName: scene.table,
      Key: { date: { S: date }, hour: { S: number } },
      ConsistentRead: true,
    }),
  );
  return Item && parseRow(Item);
}

/** Hours that messages ask for, which are gone from the queue then. */
const askedFor = async () =>
  (await moto.takeMessages(scene.queueUrl)).map((body) => (JSON.parse(body) as { hour: string }).hour);

const attempt = (changes: Partial<Deps> = {}) => landHour(hour, scene.deps(changes));
const pass = (hours: number) => {
  scene.now = new Date(scene.now.getTime() + hours * 3_600_000);
};
const objects = async () =>
  (await moto.s3.send(new ListObjectsV2Command({ Bucket: scene.bucket }))).Contents ?? [];

/** The manifest, but the process ends when it is to write this. */
function dyingAt(method: keyof Manifest): Partial<Deps> {
  const { manifest } = scene.deps();
  const die = () => Promise.reject(new Error("the process is gone"));
  return {
    manifest: new Proxy(manifest, { get: (target, name) => (name === method ? die : bound(target, name)) }),
  };
}

function bound(target: Manifest, name: string | symbol): unknown {
  const value: unknown = Reflect.get(target, name);
  return typeof value === "function" ? value.bind(target) : value;
}

describe("an hour that lands", () => {
  test("is recorded with all that was found out about it, and what comes next", async () => {
    scene.files.set(hour.name, hourFile(3));
    expect(await attempt()).toMatchObject({ outcome: "landed", lines: 3 });
    const [object] = await objects();
    expect(await rowOf()).toEqual({
      date: "2026-09-25",
      hour: "05",
      state: "landed",
      pending: "ingest",
      due: "2026-09-25T06:15:00.000Z",
      attempts: 0,
      asked_at: "2026-09-25T06:15:00.000Z",
      landed_at: "2026-09-25T06:15:00.000Z",
      key: rawLayerKey(hour),
      bytes: object?.Size,
      uncompressed_bytes: 33,
      sha256: expect.stringMatching(/^[0-9a-f]{64}$/),
      etag: object?.ETag,
      events: 3,
    });
  });

  test("lands once, whoever asks for it again and at the same time", async () => {
    scene.files.set(hour.name, hourFile(3));
    const landings = await Promise.all([attempt(), attempt(), attempt(), attempt()]);
    const recorded = landings.filter(({ outcome }) => outcome === "landed" || outcome === "completed");
    expect(recorded).toHaveLength(1);
    expect(await objects()).toHaveLength(1);
    const before = await rowOf();
    pass(3);
    scene.files.set(hour.name, hourFile(4));
    expect(await attempt()).toMatchObject({ outcome: "already-there" });
    expect(await rowOf()).toEqual(before);
  });

  test.each<[string, () => Partial<Deps>]>([
    ["the row was made", () => dyingAt("expect")],
    ["the object was written", () => ({ archive: { open: () => Promise.reject(new Error("gone")) } })],
    ["the landing was recorded", () => dyingAt("landed")],
  ])("lands whole although the process ended before %s", async (_, dying) => {
    scene.files.set(hour.name, hourFile(3));
    await expect(attempt(dying())).rejects.toThrow("gone");
    expect((await rowOf())?.state).not.toBe("landed");
    pass(1);
    expect(await attempt()).toMatchObject({ lines: 3 });
    expect(await rowOf()).toMatchObject({
      state: "landed",
      pending: "ingest",
      events: 3,
      bytes: hourFile(3).length,
      etag: (await objects())[0]?.ETag,
    });
    expect((await rowOf())?.error).toBeUndefined();
  });

  test("is completed from the object, not from the archive, when only the row is missing", async () => {
    await moto.s3.send(
      new PutObjectCommand({ Bucket: scene.bucket, Key: rawLayerKey(hour), Body: hourFile(7) }),
    );
    expect(await attempt()).toMatchObject({ outcome: "completed", lines: 7 });
    expect(scene.archive.requests).toHaveLength(0);
    expect(await rowOf()).toMatchObject({ state: "landed", events: 7, etag: (await objects())[0]?.ETag });
  });

  test("may have been noted by a job before anybody asked for it", async () => {
    const { date, hour: number } = rowKey(hour);
    const Item = {
      date: { S: date },
      hour: { S: number },
      rows: { N: "5" },
      event_dates: { L: [{ S: date }] },
    };
    await moto.dynamodb.send(new PutItemCommand({ TableName: scene.table, Item }));
    expect(await scene.deps().manifest.rows(hour, hour)).toEqual([]);
    scene.files.set(hour.name, hourFile(3));
    expect(await attempt()).toMatchObject({ outcome: "landed" });
    expect(await rowOf()).toMatchObject({ state: "landed", rows: 5 });
  });

  test("is not recorded when the object in the raw layer cannot be read", async () => {
    await moto.s3.send(
      new PutObjectCommand({
        Bucket: scene.bucket,
        Key: rawLayerKey(hour),
        Body: hourFile(7).subarray(0, -1),
      }),
    );
    await expect(attempt()).rejects.toThrow(/the object gharchive.* is truncated.*delete it/);
    expect(await rowOf()).toMatchObject({ state: "expected", pending: "land", attempts: 1 });
  });
});

describe("an hour whose file is broken", () => {
  test("stays expected with the fault, is tried again, and lands when it is mended", async () => {
    scene.files.set(hour.name, hourFile(3).subarray(0, -1));
    for (let attempts = 1; attempts <= 5; attempts += 1) {
      await expect(attempt()).rejects.toMatchObject({ name: "BadArchiveError" });
      expect(await rowOf()).toMatchObject({
        state: "expected",
        pending: "land",
        attempts,
        error: expect.stringContaining("is truncated"),
      });
      pass(1);
    }
    scene.files.set(hour.name, hourFile(3));
    expect(await attempt()).toMatchObject({ outcome: "landed" });
    expect((await rowOf())?.error).toBeUndefined();
  });

  test("is asked for again more and more seldom, never while the queue still tries", async () => {
    scene.files.set(hour.name, Buffer.from("<html>"));
    const waits: number[] = [];
    for (let attempts = 0; attempts < 21; attempts += 1) {
      await expect(attempt()).rejects.toThrow("is not a gzip file");
      waits.push((Date.parse((await rowOf())?.due ?? "") - scene.now.getTime()) / 3_600_000);
    }
    expect([waits[0], waits[4], waits[5], waits[10], waits[20]]).toEqual([24, 24, 48, 96, 384]);
  });
});

describe("an hour that the archive does not have", () => {
  test("is asked for after growing gaps, then lost, and handed on all the same", async () => {
    const gaps: number[] = [];
    for (;;) {
      const landing = await attempt();
      if (landing.outcome !== "missing") {
        expect(landing.outcome).toBe("lost");
        break;
      }
      gaps.push((Date.parse(landing.due) - scene.now.getTime()) / 3_600_000);
      expect(await rowOf()).toMatchObject({ state: "missing", pending: "land", due: landing.due });
      scene.now = new Date(landing.due);
    }
    expect(gaps).toEqual([1, 1, 2, 4, 8, 16, 24, 48, 72]);
    expect(await rowOf()).toMatchObject({ state: "lost", pending: "ingest", due: scene.now.toISOString() });
  });

  test("does not count other failures towards being lost", async () => {
    for (let failures = 0; failures < 12; failures += 1)
      await expect(
        attempt({ archive: { open: () => Promise.reject(new Error("no network")) } }),
      ).rejects.toThrow("no network");
    expect(await attempt()).toMatchObject({ outcome: "missing" });
    expect(await rowOf()).toMatchObject({ state: "missing", attempts: 1 });
    await expect(
      attempt({ archive: { open: () => Promise.reject(new Error("no network")) } }),
    ).rejects.toThrow("no network");
    expect(await rowOf()).toMatchObject({ state: "missing", attempts: 1, error: "Error: no network" });
  });

  test("counts once when two are told so at the same time", async () => {
    await attempt();
    await Promise.all([attempt(), attempt(), attempt()]);
    expect((await rowOf())?.attempts).toBeLessThanOrEqual(4);
    const { manifest } = scene.deps();
    const row = await manifest.expect(hour, { now: scene.now, due: scene.now });
    expect(await Promise.all([manifest.missing(row, scene.now), manifest.missing(row, scene.now)])).toEqual(
      expect.arrayContaining([true, false]),
    );
  });

  test("lands when it is published after all, even after it was lost", async () => {
    for (let answers = 0; answers < 10; answers += 1) await attempt();
    expect(await rowOf()).toMatchObject({ state: "lost" });
    expect(await attempt()).toMatchObject({ outcome: "lost" });
    scene.files.set(hour.name, hourFile(2));
    expect(await attempt()).toMatchObject({ outcome: "landed" });
    expect(await rowOf()).toMatchObject({ state: "landed", pending: "ingest" });
  });
});

describe("a change that comes late", () => {
  test("never leads backwards", async () => {
    const { manifest } = scene.deps();
    const expected = await manifest.expect(hour, { now: scene.now, due: scene.now });
    scene.files.set(hour.name, hourFile(2));
    await attempt();
    const landed = await rowOf();
    expect(await manifest.missing(expected, scene.now)).toBe(false);
    expect(await manifest.lost(expected, scene.now)).toBe(false);
    await manifest.failed(expected, "late", scene.now);
    await manifest.askedAgain(expected, { now: scene.now, due: scene.now });
    expect(await manifest.expect(hour, { now: scene.now, due: scene.now })).toEqual(landed);
    expect(await rowOf()).toEqual(landed);
  });
});

describe("an hour with next to nothing in it", () => {
  async function land(hours: number, events: (index: number) => number) {
    const all = hoursBetween(hoursAfter(hour, -hours), hoursAfter(hour, -1));
    for (const [index, one] of all.entries()) {
      scene.files.set(one.name, hourFile(events(index)));
      await landHour(one, scene.deps());
    }
  }

  test("is told by the median of the week before", async () => {
    await land(24, (index) => 100 + index);
    scene.files.set(hour.name, hourFile(5));
    expect(await attempt()).toMatchObject({ outcome: "landed", nearlyEmpty: true, usualEvents: 111.5 });
    expect(await rowOf()).toMatchObject({ nearly_empty: true, usual_events: 111.5, state: "landed" });
  }, 60_000);

  test("is not told by less than a day of hours, nor by nearly empty ones", async () => {
    await land(23, () => 100);
    scene.files.set(hour.name, hourFile(1));
    expect(await attempt()).not.toHaveProperty("nearlyEmpty");
    // The 24th known hour is the one just landed; it counts, because nobody could tell that it is nearly empty.
    const next = hoursAfter(hour, 1);
    scene.now = new Date("2026-09-25T07:15:00Z");
    scene.files.set(next.name, hourFile(4));
    expect(await landHour(next, scene.deps())).toMatchObject({ nearlyEmpty: true, usualEvents: 100 });
    const after = hoursAfter(hour, 2);
    scene.now = new Date("2026-09-25T08:15:00Z");
    scene.files.set(after.name, hourFile(5));
    expect(await landHour(after, scene.deps())).toMatchObject({ nearlyEmpty: false, usualEvents: 100 });
  }, 60_000);
});

describe("a tick", () => {
  const tick = (changes: Partial<Deps> = {}) => work({ hour, tick: true }, scene.deps(changes));

  test("asks again for what is due, and only then", async () => {
    const other = hoursAfter(hour, -3);
    await landHour(other, scene.deps());
    scene.files.set(hour.name, hourFile(1));
    await tick();
    expect(await askedFor()).not.toContain(other.name);
    pass(1);
    await tick();
    expect(await askedFor()).toContain(other.name);
    pass(1);
    await tick();
    expect(await askedFor()).toEqual([]);
    expect(await rowOf(other)).toMatchObject({ state: "missing", attempts: 1 });
  });

  test("asks for hours that nobody asked for, between known ones", async () => {
    scene.files.set(hour.name, hourFile(1));
    const first = hoursAfter(hour, -5);
    scene.files.set(first.name, hourFile(1));
    await landHour(first, scene.deps());
    await tick();
    const between = hoursBetween(hoursAfter(first, 1), hoursAfter(hour, -1)).map(({ name }) => name);
    expect((await askedFor()).sort()).toEqual(between.sort());
    expect(await rowOf(hoursAfter(hour, -2))).toMatchObject({ state: "expected", pending: "land" });
    await tick();
    expect(await askedFor()).toEqual([]);
  });

  test("asks for a hundred at most, and says that there is more", async () => {
    scene.files.set(hour.name, hourFile(1));
    await scene.deps().manifest.expect(hoursAfter(hour, -150), { now: scene.now, due: scene.now });
    const told: unknown[] = [];
    await tick({ tellAfterCare: (afterCare) => void told.push(afterCare) });
    expect(told).toMatchObject([{ again: [hoursAfter(hour, -150).name], more: true }]);
    expect(await askedFor()).toHaveLength(100);
    await tick({ tellAfterCare: (afterCare) => void told.push(afterCare) });
    expect(told.at(-1)).toMatchObject({ again: [], more: false });
    expect(await askedFor()).toHaveLength(50);
  }, 60_000);

  test("looks after the others also when its own hour cannot be landed", async () => {
    scene.files.set(hour.name, Buffer.from("<html>"));
    await scene.deps().manifest.expect(hoursAfter(hour, -2), { now: scene.now, due: scene.now });
    await expect(tick()).rejects.toMatchObject({ name: "BadArchiveError" });
    expect((await askedFor()).sort()).toEqual([hoursAfter(hour, -2).name, hoursAfter(hour, -1).name].sort());
  });

  test("of a time that lies ahead asks for nothing", async () => {
    scene.files.set(hour.name, hourFile(1));
    await attempt();
    const ahead = { hour: hoursAfter(hour, 3), tick: true };
    await expect(work(ahead, scene.deps())).rejects.toMatchObject({ name: "InvalidHourError" });
    expect(await askedFor()).toEqual([]);
    expect(await scene.deps().manifest.rows(hour, hoursAfter(hour, 3))).toHaveLength(1);
  });

  test("that ends between asking and noting it asks again, and forgets nothing", async () => {
    scene.files.set(hour.name, hourFile(1));
    const other = hoursAfter(hour, -1);
    await scene.deps().manifest.expect(other, { now: scene.now, due: scene.now });
    await expect(tick(dyingAt("askedAgain"))).rejects.toThrow("gone");
    expect(await askedFor()).toEqual([other.name]);
    await tick();
    expect(await askedFor()).toEqual([other.name]);
  });
});

describe("asking for a replay", () => {
  test("hands a landed hour on again, and refuses one that has not landed", async () => {
    const { manifest } = scene.deps();
    expect(await manifest.replay(hour, scene.now)).toBe(false);
    expect(await rowOf()).toBeUndefined();
    await attempt();
    expect(await manifest.replay(hour, scene.now)).toBe(false);
    scene.files.set(hour.name, hourFile(2));
    await attempt();
    pass(5);
    expect(await manifest.replay(hour, scene.now)).toBe(true);
    expect(await rowOf()).toMatchObject({
      state: "landed",
      pending: "ingest",
      due: "2026-09-25T11:15:00.000Z",
    });
  });
});
