import { array, assert, property, string } from "fast-check";
import { expect, test } from "vitest";
import { sessionName } from "../src/session-name.ts";

test("a plain name stays readable", () => {
  expect(sessionName("acme/data-platform", "123", "stage-storage-s3")).toBe(
    "acme-data-platform-123-stage-storage-s3",
  );
});

test("every name is one that AWS takes, and the same each time", () => {
  assert(
    property(array(string({ unit: "grapheme", maxLength: 90 }), { maxLength: 4 }), (parts) => {
      const name = sessionName(...parts);
      expect(name).toMatch(/^[\w+=,.@-]{2,64}$/);
      expect(sessionName(...parts)).toBe(name);
    }),
  );
});

test.each([
  ["one letter", "x", "y"],
  ["beyond 64 letters", `${"a".repeat(80)}1`, `${"a".repeat(80)}2`],
  ["letters that AWS does not take", "feature/größe", "feature/gröse"],
])("names of %s stay apart", (_, one, other) => {
  expect(sessionName(one)).not.toBe(sessionName(other));
});
