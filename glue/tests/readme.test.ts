import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { renderReadme } from "../readme.ts";
import { dqdl, lakeTables } from "../tables.ts";

test("the README lists the tables and rules that the jobs read", () => {
  const text = readFileSync(new URL("../README.md", import.meta.url), "utf8");
  expect(renderReadme(text)).toBe(text);
});

test("a README without the markers is named", () => {
  expect(() => renderReadme("# Glue")).toThrow("glue/README.md lacks the markers");
});

test("every table is partitioned by columns that it has, and its rules are of columns that it has", () => {
  for (const { name, columns, partition, rules } of lakeTables()) {
    const names = columns.map((column) => column.name);
    expect(names, name).toEqual(expect.arrayContaining([...partition]));
    for (const rule of rules) expect(names, name).toEqual(expect.arrayContaining(rule.columns));
  }
});

test("rules are written as Glue Data Quality reads them", () => {
  expect(
    dqdl([
      { type: "RowCount", columns: [], expression: "> 0", severity: "fail" },
      { type: "IsPrimaryKey", columns: ["a", "b"], severity: "fail" },
      { type: "ColumnValues", columns: ["a"], in: ["x", "y"], severity: "fail" },
      { type: "ColumnValues", columns: ["a"], matches: "^[a-z]$", where: "a is not null", severity: "warn" },
    ]),
  ).toBe(
    'Rules = [\n  RowCount > 0,\n  IsPrimaryKey "a" "b",\n  ColumnValues "a" in ["x", "y"],\n' +
      '  ColumnValues "a" matches "^[a-z]$" where "a is not null"\n]',
  );
  expect(() => dqdl([{ type: "ColumnValues", columns: ["a"], matches: "\\d", severity: "fail" }])).toThrow(
    "cannot be quoted",
  );
});
