import fc from "fast-check";
import picomatch from "picomatch";
import { describe, expect, it } from "vitest";
import { PathFilters } from "../src/path-filters.ts";

const matched = async (paths: readonly string[], files: readonly string[]) =>
  (await new PathFilters([{ id: "s", paths }]).match(files)).get("s") ?? [];

describe("PathFilters", () => {
  it.each([
    { paths: ["infra/s3/**"], file: "infra/s3/a/b.ts", is: true },
    { paths: ["infra/s3/**"], file: "infra/s3", is: true, why: "a folder that became a link or submodule" },
    { paths: ["infra/s3/**"], file: "infra/s3-old/a.ts", is: false },
    { paths: ["infra/s3/"], file: "infra/s3/a.ts", is: true },
    { paths: ["./infra/s3/**"], file: "infra/s3/a.ts", is: true },
    { paths: ["package.json"], file: "package.json", is: true },
    { paths: ["package.json"], file: "infra/package.json", is: false },
    { paths: ["**/*.tf"], file: "main.tf", is: true },
    { paths: ["**/*.tf"], file: "a/.hidden/main.tf", is: true },
    { paths: ["infra/*/main.ts"], file: "infra/x/main.ts", is: true },
    { paths: ["infra/*/main.ts"], file: "infra/x/y/main.ts", is: false },
    { paths: ["**"], file: "anything/at.all", is: true },
    { paths: ["a/{b,c}/**"], file: "a/c/d", is: true },
    { paths: ["a/**", "!a/docs/**"], file: "a/docs/x.md", is: false },
    { paths: ["a/**", "!a/docs/**", "a/docs/keep.md"], file: "a/docs/keep.md", is: true },
    { paths: ["!a/docs/**", "a/**"], file: "a/docs/x.md", is: true, why: "the last that matches decides" },
    { paths: ["!a/**"], file: "b/x", is: false, why: "a filter that only takes back selects nothing" },
    { paths: ["a/**", "!**/*.md"], file: "a/b/README.md", is: false },
    { paths: ["caf\u00e9/**"], file: "cafe\u0301/x", is: true, why: "composed and decomposed are one name" },
    { paths: ["A/**"], file: "a/x", is: false },
  ])("$paths on $file: $is", async ({ paths, file, is }) => {
    expect(await matched(paths, [file])).toEqual(is ? [file] : []);
  });

  it("names each file once, however many filters of a stack match it", async () => {
    expect(await matched(["a/**", "a/b/**", "**/*.ts"], ["a/b/c.ts", "a/x"])).toEqual(["a/b/c.ts", "a/x"]);
  });

  it("agrees with the glob engine on every filter and file", async () => {
    const part = fc.constantFrom("a", "b", "ab", ".c", "*", "**", "a*", "?");
    const name = fc.constantFrom("a", "b", "ab", ".c", "abc");
    const glob = fc.array(part, { minLength: 1, maxLength: 4 }).map((parts) => parts.join("/"));
    const file = fc.array(name, { minLength: 1, maxLength: 4 }).map((parts) => parts.join("/"));
    await fc.assert(
      fc.asyncProperty(glob, fc.uniqueArray(file, { minLength: 1, maxLength: 8 }), async (filter, files) => {
        const engine = picomatch(filter, { dot: true });
        expect(await matched([filter], files)).toEqual(files.filter((path) => engine(path)));
      }),
    );
  });

  it("finds filters that match nothing", async () => {
    const filters = new PathFilters([
      { id: "a", paths: ["infra/s3/**", "infra/gone/**", "!infra/never/**"] },
      { id: "b", paths: ["infra/s", "infra/s3/main.ts", "glue/*.py", "func*/**"] },
    ]);
    expect(await filters.unmatched(["functions/x.ts", "glue/a.py", "infra/s3/main.ts", "infra/s3x"])).toEqual(
      [
        { stack: "a", filter: "infra/gone/**" },
        { stack: "b", filter: "infra/s" },
      ],
    );
  });
});
