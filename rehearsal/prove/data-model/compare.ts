import { z } from "zod";
import { independently, type Lake } from "../data/lake.ts";
import { batchOf, type RawFile } from "./batch.ts";
import { canonical, keyOf, type ModelRow, modelOf } from "./model.ts";

const rowSchema = z.object({
  event_type: z.string(),
  event_id: z.string(),
  event_date: z.string(),
  created_at: z.string(),
  actor_login: z.string().nullable(),
  repo_name: z.string().nullable(),
  shape: z.string(),
  payload: z.string(),
  other: z.record(z.string(), z.string()),
  source_file: z.string(),
});

/** What a lake holds of one batch. */
export interface Held {
  readonly rows: { readonly row: ModelRow; readonly content: string }[];
  readonly refused: string[];
}

/** Reads the qualified layer and the quarantine, and deals them out to the batches by their files. */
export async function heldBy(lake: Lake, batches: readonly number[]): Promise<Map<number, Held>> {
  const held = new Map(batches.map((number): [number, Held] => [number, { rows: [], refused: [] }]));
  const of = (file: string): Held => {
    const one = held.get(batchOf(file));
    if (one === undefined) throw new Error(`there are rows of ${file}, which is a file of no batch`);
    return one;
  };
  for (const row of z.array(rowSchema).parse(await independently("rows", lake.root)))
    of(row.source_file).rows.push(actualRow(row));
  for (const { file, line } of lake.refused()) of(file).refused.push(`${file}:${line}`);
  return held;
}

function actualRow(row: z.infer<typeof rowSchema>): Held["rows"][number] {
  const content = canonical({
    moment: row.created_at,
    actor: row.actor_login,
    repo: row.repo_name,
    shape: row.shape === "timeline" ? "timeline" : "with an id",
    payload: JSON.parse(row.payload),
    other: ["version", "note", "url"].map((name) => row.other[name] ?? null),
  });
  const { event_type: type, event_id: id, event_date: date, source_file: sourceFile } = row;
  return { row: { type, id, date, sourceFile, contents: [content] }, content };
}

/** How a batch's rows and refused lines differ from the model's, in words; none when they are the same. */
export function differences(files: readonly RawFile[], held: Held): string[] {
  const model = modelOf(files);
  const expected = new Map([...model.rows.values()].map((row) => [nameOf(row, row.contents[0] ?? ""), row]));
  const found = new Map(held.rows.map((one) => [nameOf(one.row, one.content), one]));
  const refused = held.refused.sort();
  return [
    ...(held.rows.length === found.size ? [] : ["an event has two rows"]),
    ...[...expected].filter(([name]) => !found.has(name)).map(([name]) => `no row for ${name}`),
    ...[...found].filter(([name]) => !expected.has(name)).map(([name]) => `a row too many for ${name}`),
    ...[...expected].flatMap(([name, row]) => {
      const one = found.get(name);
      if (one === undefined) return [];
      if (one.row.sourceFile !== row.sourceFile)
        return [`${name} is from ${one.row.sourceFile}, not from ${row.sourceFile}`];
      return row.contents.includes(one.content)
        ? []
        : [`${name} holds ${one.content}, not ${row.contents[0]}`];
    }),
    ...(canonical(refused) === canonical(model.refused)
      ? []
      : [`refused are ${refused.join(" ")}, not ${model.refused.join(" ")}`]),
  ];
}

/** Type, id and date; an event without an id goes by its content. */
function nameOf(row: ModelRow, content: string): string {
  const withoutId = row.id.startsWith("sha256:") || row.id.startsWith("{");
  return JSON.stringify([row.type, withoutId ? content : row.id, row.date]);
}

/** What lies in the raw layer when the later files have taken their places. */
export function lying(...landings: readonly (readonly RawFile[])[]): RawFile[] {
  return [...new Map(landings.flat().map((file) => [keyOf(file), file])).values()];
}
