import { expect, test } from "vitest";
import type { LockWriter } from "../src/contracts/lock-note.ts";
import { attributedReader } from "../src/lock-attribution.ts";
import { dropWriters, noteWriter, readWriters, writersOf } from "../src/lock-note.ts";
import type { LockHolder, LockState } from "../src/ports/locks.ts";
import type { ObjectStore } from "../src/ports/object-store.ts";

const key = "deployments/stage/app.writers";
const writer = (id: string, rest: Partial<LockWriter> = {}): LockWriter => ({
  run: { id, attempt: 1, url: `https://github.com/acme/demo/actions/runs/${id}` },
  who: "runner@host",
  startedAt: "2026-11-22T10:00:00.000Z",
  ...rest,
});
const holder: LockHolder = {
  id: "one",
  operation: "OperationTypeApply",
  who: "runner@host",
  version: "1.11.4",
  created: "2026-11-22T10:00:30.123456789Z",
  path: "state/app",
  kind: "lockfile",
};

/** Objects in memory; `before` runs before each write, so that a test can come in between. */
function memoryStore(before: () => void = () => {}) {
  const objects = new Map<string, { body: string; etag: string }>();
  let writes = 0;
  const store: ObjectStore = {
    read: async (name) => objects.get(name),
    list: async () => [...objects.keys()],
    write: async (name, body, condition) => {
      before();
      if (condition !== "always" && condition.ifMatch !== objects.get(name)?.etag) return false;
      objects.set(name, { body, etag: `"${++writes}"` });
      return true;
    },
  };
  return { store, objects };
}

test("runs note themselves and take the note back, and others' notes stay", async () => {
  const { store } = memoryStore();
  await noteWriter(store, "stage/app", writer("1"));
  await noteWriter(store, "stage/app", writer("2"));
  await noteWriter(store, "stage/app", writer("2", { startedAt: "2026-11-22T11:00:00.000Z" }));
  expect((await readWriters(store, "stage/app")).map(({ run }) => run.id)).toEqual(["1", "2"]);
  await dropWriters(store, "stage/app", [writer("1")]);
  expect((await readWriters(store, "stage/app")).map(({ startedAt }) => startedAt)).toEqual([
    "2026-11-22T11:00:00.000Z",
  ]);
});

test("two that note themselves at once are both noted", async () => {
  let interrupted = false;
  const { store, objects } = memoryStore(() => {
    if (interrupted) return;
    interrupted = true;
    const body = JSON.stringify({ version: 1, stack: "stage/app", writers: [writer("1")] });
    objects.set(key, { body, etag: '"other"' });
  });
  await noteWriter(store, "stage/app", writer("2"));
  expect((await readWriters(store, "stage/app")).map(({ run }) => run.id)).toEqual(["1", "2"]);
});

test("the note does not grow without end", async () => {
  const { store } = memoryStore();
  for (let id = 1; id <= 30; id++) await noteWriter(store, "stage/app", writer(String(id)));
  const ids = (await readWriters(store, "stage/app")).map(({ run }) => run.id);
  expect(ids).toHaveLength(20);
  expect(ids.at(-1)).toBe("30");
});

test.each([
  ["another version", JSON.stringify({ version: 2, stack: "stage/app", writers: [] })],
  ["another stack", JSON.stringify({ version: 1, stack: "other", writers: [] })],
  ["no JSON", "{"],
])("a note of %s is not taken for one, and not written over", async (_, body) => {
  const { store, objects } = memoryStore();
  objects.set(key, { body, etag: '"1"' });
  await expect(readWriters(store, "stage/app")).rejects.toThrow("cannot be read");
  await expect(noteWriter(store, "stage/app", writer("1"))).rejects.toThrow("cannot be read");
  expect(objects.get(key)?.body).toBe(body);
});

test("what no reader would take is not written", async () => {
  const { store, objects } = memoryStore();
  const bad = { ...writer("1"), run: { id: "1", attempt: 1, url: "javascript:alert(1)" } };
  await expect(noteWriter(store, "stage/app", bad)).rejects.toThrow("run.url");
  expect(objects.size).toBe(0);
});

test.each<[string, Partial<LockWriter>, boolean]>([
  ["began before it on the same machine", {}, true],
  ["began at that very millisecond", { startedAt: "2026-11-22T10:00:30.123Z" }, true],
  ["began after it", { startedAt: "2026-11-22T10:00:30.124Z" }, false],
  ["began days before", { startedAt: "2026-11-20T10:00:00.000Z" }, false],
  ["is another user's", { who: "root@host" }, false],
  ["is on another machine", { who: "runner@other" }, false],
])("a lock belongs to a run that %s: %#", (_, rest, expected) => {
  expect(writersOf(holder, [writer("1", rest)])).toHaveLength(expected ? 1 : 0);
});

test("while the holder stays, GitHub is asked once a minute; a note that cannot be read only loses the name", async () => {
  let asked = 0;
  let time = 0;
  let state: LockState = { status: "held", holders: [holder] };
  const lines: string[] = [];
  const attribution = {
    writers: async () => [writer("1")],
    runStatus: async () => ({ status: "running" as const, detail: `asked ${++asked}` }),
  };
  const options = { now: () => new Date(time), log: (line: string) => lines.push(line) };
  const read = attributedReader(async () => state, attribution, options);
  for (; time < 120_000; time += 10_000) await read();
  expect(asked).toBe(2);
  state = { status: "held", holders: [{ ...holder, id: "two" }] };
  expect(await read()).toMatchObject({ holders: [{ id: "two", runs: [{ id: "1", detail: "asked 3" }] }] });
  state = { status: "free" };
  expect(await read()).toEqual(state);

  const { store, objects } = memoryStore();
  objects.set(key, { body: "{", etag: '"1"' });
  const broken = { ...attribution, writers: () => readWriters(store, "stage/app") };
  state = { status: "held", holders: [holder] };
  expect(await attributedReader(async () => state, broken, options)()).toEqual(state);
  expect(lines).toHaveLength(1);
});
