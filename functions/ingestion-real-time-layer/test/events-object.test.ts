import { gunzipSync } from "node:zlib";
import { expect, test } from "vitest";
import { eventKey, eventsObject } from "../src/events-object.ts";

const polledAt = new Date("2026-09-25T05:15:00.250Z");

test("an id that comes back with another type is another event; other content is not", () => {
  const event = { id: "1", type: "ForkEvent", payload: { size: 1 } };
  expect(eventKey({ ...event, type: "PushEvent" })).not.toBe(eventKey(event));
  expect(eventKey({ ...event, payload: { size: 2 } })).toBe(eventKey(event));
});

test.each([[{ type: "PushEvent" }], [{ id: "1" }], [{ id: 1, type: "PushEvent" }], ["text"], [null]])(
  "%j has no id and type and is known by its content",
  (event) => {
    expect(eventKey(event)).toMatch(/^sha256:[0-9a-f]{64}$/);
    expect(eventKey(structuredClone(event))).toBe(eventKey(event));
  },
);

test("the object holds one event a line, under a key that sorts by time", () => {
  const { key, body } = eventsObject([{ id: "1" }, { id: "2" }], polledAt);
  expect(key).toMatch(/^events-api\/date=2026-09-25\/hour=05\/20260925T051500250Z-[0-9a-f]{16}\.json\.gz$/);
  expect(gunzipSync(body).toString()).toBe('{"id":"1"}\n{"id":"2"}\n');
});

test("the same events give the same object, others another key", () => {
  expect(eventsObject([{ id: "1" }], polledAt)).toEqual(eventsObject([{ id: "1" }], polledAt));
  expect(eventsObject([{ id: "2" }], polledAt).key).not.toBe(eventsObject([{ id: "1" }], polledAt).key);
});
