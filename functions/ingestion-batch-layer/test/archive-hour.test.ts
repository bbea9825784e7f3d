import { describe, expect, test } from "vitest";
import { checkHour, hourBefore, parseHour, rawLayerKey } from "../src/archive-hour.ts";
import { InvalidHourError } from "../src/errors.ts";

describe("an hour's name", () => {
  test.each([
    ["2026-09-25-10", "2026-09-25-10", "gharchive/date=2026-09-25/hour=10/2026-09-25-10.json.gz"],
    ["2026-09-25-05", "2026-09-25-5", "gharchive/date=2026-09-25/hour=05/2026-09-25-5.json.gz"],
    ["2026-09-25-0", "2026-09-25-0", "gharchive/date=2026-09-25/hour=00/2026-09-25-0.json.gz"],
    ["2024-02-29-23", "2024-02-29-23", "gharchive/date=2024-02-29/hour=23/2024-02-29-23.json.gz"],
  ])("%s is %s in the archive and lies under %s", (text, name, key) => {
    const hour = parseHour(text);
    expect(hour.name).toBe(name);
    expect(rawLayerKey(hour)).toBe(key);
  });

  test.each([
    "2026-09-25-24",
    "2026-02-29-1",
    "2026-13-01-1",
    "2026-9-25-1",
    "2026-09-25",
    "",
    "2026-09-25-1x",
    "../../x",
  ])("%j is refused", (text) => {
    expect(() => parseHour(text)).toThrow(InvalidHourError);
  });
});

describe("the hour just past", () => {
  test.each([
    ["2026-09-25T10:15:00Z", "2026-09-25-9"],
    ["2026-09-25T10:00:00Z", "2026-09-25-9"],
    ["2026-09-25T09:59:59.999Z", "2026-09-25-8"],
    ["2026-01-01T00:05:00Z", "2025-12-31-23"],
  ])("at %s is %s", (moment, name) => {
    expect(hourBefore(new Date(moment)).name).toBe(name);
  });
});

describe("an hour that the archive cannot have", () => {
  const hour = parseHour("2026-09-25-10");
  test("is refused until its last instant has passed", () => {
    expect(() => checkHour(hour, new Date("2026-09-25T10:59:59.999Z"))).toThrow("is not over yet");
    expect(() => checkHour(hour, new Date("2026-09-25T11:00:00Z"))).not.toThrow();
  });

  test("is refused before the archive began", () => {
    const now = new Date("2026-09-25T10:00:00Z");
    expect(() => checkHour(parseHour("2011-02-11-23"), now)).toThrow("before the archive's first hour");
    expect(() => checkHour(parseHour("2011-02-12-0"), now)).not.toThrow();
  });
});
