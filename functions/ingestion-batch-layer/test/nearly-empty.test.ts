import { expect, test } from "vitest";
import type { ManifestRow } from "../src/manifest-row.ts";
import { compareWithUsual } from "../src/nearly-empty.ts";

const landed = (events: number, nearlyEmpty = false): ManifestRow => ({
  date: "2026-09-25",
  hour: "05",
  state: "processed",
  attempts: 0,
  events,
  nearly_empty: nearlyEmpty,
});
const hours = (count: number, events: number) => Array.from({ length: count }, () => landed(events));

test.each([
  [24, 4_999, true],
  [24, 5_000, false],
  [25, 0, true],
  [168, 100_000, false],
])("with %i hours known, %i events against the usual 100,000: %s", (count, events, nearlyEmpty) => {
  expect(compareWithUsual(events, hours(count, 100_000))).toEqual({ events: 100_000, nearlyEmpty });
});

test("23 hours are too few to tell", () => {
  expect(compareWithUsual(1, hours(23, 100_000))).toBeUndefined();
});

test("hours that were nearly empty themselves, and those that never landed, say nothing", () => {
  const { events: _, ...missing } = landed(0);
  const days = Array.from({ length: 140 }, () => landed(1_000, true));
  expect(compareWithUsual(1_000, [...days, ...hours(24, 100_000), missing])).toEqual({
    events: 100_000,
    nearlyEmpty: true,
  });
  expect(compareWithUsual(1_000, [...days, ...hours(23, 100_000), missing])).toBeUndefined();
});

test("the usual is the median, which a few odd hours do not move", () => {
  expect(compareWithUsual(10, [...hours(20, 100), ...hours(10, 100_000)])?.events).toBe(100);
  expect(compareWithUsual(10, [...hours(12, 100), ...hours(12, 300)])?.events).toBe(200);
});
