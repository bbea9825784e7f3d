import { readFileSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";

const columnSchema = z.strictObject({ name: z.string(), type: z.string(), description: z.string() });

const tableSchema = z.strictObject({
  layer: z.enum(["qualified", "ingested", "quarantine"]),
  folder: z.string(),
  description: z.string(),
  partition: z.array(z.string()),
  columns: z.array(columnSchema).optional(),
  like: z.string().optional(),
});

const ruleSchema = z.strictObject({
  type: z.enum(["RowCount", "IsPrimaryKey", "IsComplete", "Completeness", "ColumnValues", "ColumnLength"]),
  columns: z.array(z.string()).default([]),
  expression: z.string().optional(),
  in: z.array(z.string()).optional(),
  matches: z.string().optional(),
  where: z.string().optional(),
  severity: z.enum(["fail", "warn"]).default("fail"),
});

export type Column = z.infer<typeof columnSchema>;
export type QualityRule = z.infer<typeof ruleSchema>;

/** A table of the lake, as the jobs write it. */
export interface LakeTable {
  readonly name: string;
  readonly layer: z.infer<typeof tableSchema>["layer"];
  /** Below the layer; empty: the layer is the table. */
  readonly folder: string;
  readonly description: string;
  /** Names of the columns that the folders of its files tell. */
  readonly partition: readonly string[];
  readonly columns: readonly Column[];
  /** It has the columns of this table. */
  readonly like: string | undefined;
  readonly rules: readonly QualityRule[];
}

/** Every table with its columns and rules, from the files that the jobs themselves read. */
export function lakeTables(): readonly LakeTable[] {
  const tables = z.record(z.string(), tableSchema).parse(readData("tables.json"));
  const rules = z.record(z.string(), z.array(ruleSchema)).parse(readData("quality.json"));
  return Object.entries(tables).map(([name, table]) => ({
    ...table,
    name,
    like: table.like,
    columns: table.columns ?? tables[table.like ?? ""]?.columns ?? [],
    rules: rules[name] ?? [],
  }));
}

function readData(name: string): unknown {
  return JSON.parse(readFileSync(join(import.meta.dirname, "activity_lake", name), "utf8"));
}

/** A rule in the Data Quality Definition Language. */
export function dqdlRule(rule: QualityRule): string {
  const words: string[] = [rule.type, ...rule.columns.map(quoted)];
  if (rule.expression !== undefined) words.push(rule.expression);
  if (rule.in !== undefined) words.push(`in [${rule.in.map(quoted).join(", ")}]`);
  if (rule.matches !== undefined) words.push(`matches ${quoted(rule.matches)}`);
  if (rule.where !== undefined) words.push(`where ${quoted(rule.where)}`);
  return words.join(" ");
}

/** Rules as a ruleset. */
export function dqdl(rules: readonly QualityRule[]): string {
  return `Rules = [\n${rules.map((rule) => `  ${dqdlRule(rule)}`).join(",\n")}\n]`;
}

function quoted(text: string): string {
  if (/["\\]/.test(text))
    throw new Error(`glue/activity_lake/quality.json: ${text} cannot be quoted in DQDL`);
  return `"${text}"`;
}
