import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { parseOptions, usage } from "../src/options.ts";

const cwd = mkdtempSync(join(tmpdir(), "options-"));
for (const name of ["a.json", "b.json"]) writeFileSync(join(cwd, name), "{}");

describe("what is given", () => {
  it("takes several files, also where the shell spread a pattern", () => {
    const files = [join(cwd, "a.json"), join(cwd, "b.json")];
    expect(parseOptions(["--events", "a.json", "b.json"], cwd)?.events).toEqual(files);
    expect(parseOptions(["--events", "a.json", "--events=b.json"], cwd)?.events).toEqual(files);
  });

  it("takes an hour as the archive writes it", () => {
    expect(parseOptions(["--hour", "2026-09-25-7"], cwd)?.hour).toBe("2026-09-25-7");
  });

  it("knows no steps where only data flows", () => {
    expect(() => parseOptions(["--until", "3"], cwd, "data")).toThrow(/unknown option --until/);
    expect(parseOptions(["--events", "a.json"], cwd, "data")?.events).toHaveLength(1);
    for (const option of ["--events", "--hour", "--keep", "--out"]) expect(usage("data")).toContain(option);
    expect(usage("data")).not.toContain("--until");
  });

  it("asks for help", () => {
    expect(parseOptions(["--help"], cwd)).toBeUndefined();
    for (const option of ["--events", "--hour", "--keep", "--out", "--until", "--thorough"])
      expect(usage()).toContain(option);
  });
});

it.each([
  [["--kepp"], /unknown option --kepp.*keep/],
  [["--events", "c.json"], /--events.*c\.json/],
  [["--hour", "2026-09-25-07"], /--hour.*without a leading zero/],
  [["--hour", "2026-09-25-24"], /--hour/],
  [["--hour", "2026-02-30-1"], /--hour: "2026-02-30-1" is no hour/],
  [["--hour", "2026-13-01-1"], /--hour: "2026-13-01-1" is no hour/],
  [["--hour", "2126-01-01-1"], /--hour.*not over yet/],
  [["--hour", "2026-09-25-7", "--events", "a.json"], /exclude each other/],
  [["--until", "8"], /--until/],
  [["stray"], /stray/],
  [["--hour"], /hour/],
])("refuses %j", (args, message) => {
  expect(() => parseOptions(args, cwd)).toThrow(message);
});
