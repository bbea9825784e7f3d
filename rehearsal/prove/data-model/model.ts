import type { RawFile } from "./batch.ts";

/** A row as the qualified layer must hold it; an event without an id has its whole content in place of one. */
export interface ModelRow {
  readonly type: string;
  readonly id: string;
  readonly date: string;
  readonly sourceFile: string;
  /** Contents that may stand there: copies that differ within one file are equally good. */
  readonly contents: readonly string[];
}

export interface Model {
  readonly rows: ReadonlyMap<string, ModelRow>;
  /** `file:line`, counted from 1. */
  readonly refused: readonly string[];
}

/** What is left of the raw files: of each type, id and date the copy of the best file, and the lines that are no event. */
export function modelOf(files: readonly RawFile[]): Model {
  const rows = new Map<string, ModelRow>();
  const refused: string[] = [];
  for (const file of [...files].sort((a, b) => compare(rankOf(a), rankOf(b)))) {
    const key = keyOf(file);
    for (const [index, line] of file.lines.entries()) {
      const event = eventOf(line);
      if (event === undefined) {
        refused.push(`${key}:${index + 1}`);
        continue;
      }
      const name = JSON.stringify([event.type, event.id, event.date]);
      const known = rows.get(name);
      if (known === undefined) rows.set(name, { ...event, sourceFile: key, contents: [event.content] });
      else if (known.sourceFile === key)
        rows.set(name, { ...known, contents: [...known.contents, event.content] });
    }
  }
  return { rows, refused: refused.sort() };
}

/** Where a file lies below the raw layer. */
export function keyOf({ hour, name, source }: RawFile): string {
  return `${source}/date=${hour.slice(0, 10)}/hour=${hour.slice(11)}/${name}.json.gz`;
}

/** The archive before real time, then the earlier hour, then the name. */
function rankOf(file: RawFile): string {
  return `${file.source === "gharchive" ? 0 : 1} ${file.hour} ${keyOf(file)}`;
}

function compare(one: string, other: string): number {
  return one < other ? -1 : Number(one > other);
}

interface ModelEvent {
  readonly type: string;
  readonly id: string;
  readonly date: string;
  readonly content: string;
}

function eventOf(line: Buffer): ModelEvent | undefined {
  const event = objectOf(line);
  if (event === undefined) return undefined;
  const moment = momentOf(String(event["created_at"]));
  const { type, id } = event;
  if (typeof type !== "string" || moment === undefined) return undefined;
  if (typeof id !== "string" && !("repository" in event)) return undefined;
  const date = moment.slice(0, 10);
  return {
    type,
    id: typeof id === "string" ? id : canonical(event),
    date,
    content: contentOf(event, moment),
  };
}

function objectOf(line: Buffer): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(line));
    return typeof value === "object" && value !== null && !Array.isArray(value)
      ? (value as Record<string, unknown>)
      : undefined;
  } catch {
    return undefined; // No text, or no JSON: no event.
  }
}

/** In UTC, `2015-01-01T00:00:00.000Z`; undefined for what is no time since 2008. */
function momentOf(text: string): string | undefined {
  const [, date = "", time = "", offset = ""] =
    /^(\d{4}[-/]\d\d[-/]\d\d)[T ](\d\d:\d\d:\d\d) ?(Z|[+-]\d\d:?\d\d)$/.exec(text) ?? [];
  const iso = `${date.replaceAll("/", "-")}T${time}${offset.replace(/^(...)(\d\d)$/, "$1:$2")}`;
  const moment = new Date(iso);
  if (Number.isNaN(moment.getTime()) || date < "2008") return undefined;
  // A 30 February is no day, though JavaScript takes it for one of March.
  const day = new Date(`${date.replaceAll("/", "-")}T00:00:00Z`).toISOString().slice(0, 10);
  return day === date.replaceAll("/", "-") ? moment.toISOString() : undefined;
}

/** What of an event must be found again in its row, as one text. */
function contentOf(event: Readonly<Record<string, unknown>>, moment: string): string {
  const { actor, repo, repository, payload } = event as Record<string, Record<string, unknown>>;
  const isText = typeof actor === "string";
  return canonical({
    moment,
    actor: isText ? actor : (actor?.["login"] ?? null),
    repo: repo?.["name"] ?? [repository?.["owner"], repository?.["name"]].join("/"),
    shape: event["id"] === undefined ? "timeline" : "with an id",
    payload: payload ?? null,
    // Members without a column.
    other: ["version", "note", "url"].map((name) => (name in event ? String(event[name]) : null)),
  });
}

/** The same value gives the same text, whatever the order of its members. */
export function canonical(value: unknown): string {
  return JSON.stringify(value, (_, inner: unknown) =>
    typeof inner === "object" && inner !== null && !Array.isArray(inner)
      ? Object.fromEntries(Object.entries(inner).sort(([a], [b]) => compare(a, b)))
      : inner,
  );
}
