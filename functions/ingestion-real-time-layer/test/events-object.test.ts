import { gunzipSync } from "node:zlib";
import { expect, test } from "vitest";
import { eventKey, eventsObjectKey, packEvents, unpackEvents } from "../src/events-object.ts";

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

test("the key sorts by time and tells claims apart", () => {
  const key = eventsObjectKey(polledAt, "claim-1");
  expect(key).toBe("events-api/date=2026-09-25/hour=05/20260925T051500250Z-claim-1.json.gz");
  expect(eventsObjectKey(polledAt, "claim-2")).not.toBe(key);
  expect(eventsObjectKey(new Date("2026-09-25T05:15:00.251Z"), "claim-0") > key).toBe(true);
});

test("the object holds one event a line and gives them back as they were known", () => {
  const events = [{ id: "1", type: "PushEvent" }, { odd: 'line\n"break' }, "text"];
  const body = packEvents(events);
  expect(gunzipSync(body).toString().split("\n")).toHaveLength(4);
  expect(unpackEvents(body).map(eventKey)).toEqual(events.map(eventKey));
});

test("an object without events is a whole gzip file", () => {
  expect(gunzipSync(packEvents([]))).toHaveLength(0);
  expect(unpackEvents(packEvents([]))).toEqual([]);
});
