import { randomFillSync } from "node:crypto";
import type { ServerResponse } from "node:http";
import { gzipSync } from "node:zlib";
import { hourLines } from "../../../data/events/hour-lines.ts";
import type { Random } from "../random.ts";

/** What must become of an hour whose file has a fault. */
export interface Expectation {
  /** The function's error; undefined: the file lands. */
  readonly error?: string;
  /** The lines that the quarantine must name, counted from 1, with the reason. */
  readonly refused?: readonly { readonly line: number; readonly reason: string }[];
  /** Rows of the qualified layer, by event date. */
  readonly rows?: Readonly<Record<string, number>>;
}

/** One hour of the archive, as it is served: broken, and whole when it is asked for again. */
export interface Scene {
  readonly fault: Fault;
  /** `2016-01-01-5` */
  readonly hour: string;
  readonly answer: (response: ServerResponse) => void;
  readonly whole: Buffer;
  readonly wholeRows: Readonly<Record<string, number>>;
  readonly expected: Expectation;
}

const firstHour = Date.UTC(2016, 0, 1);
/** Hours of scenes lie days apart, so that each has its dates for itself. */
const hoursApart = 72;

export function makeScene(number: number, random: Random): Scene {
  const fault = faults[number % faults.length] ?? faults[0];
  const start = firstHour + number * hoursApart * 3_600_000 + random.below(24) * 3_600_000;
  const hour = nameOf(start);
  const lines = [...hourLines({ hour, count: 5 + random.below(40), seed: random.below(1e6), shape: "full" })];
  const whole = gzipSync(Buffer.concat(lines));
  const wholeRows = { [hour.slice(0, 10)]: lines.length };
  return { fault, hour, whole, wholeRows, ...makers[fault]({ hour, start, lines, whole, random }) };
}

interface Good {
  readonly hour: string;
  readonly start: number;
  readonly lines: readonly Buffer[];
  readonly whole: Buffer;
  readonly random: Random;
}

type Faulty = Pick<Scene, "answer" | "expected">;

const bad = { error: "BadArchiveError" };

const makers = {
  "truncated gzip": ({ whole, random }) => ({ answer: file(part(whole, random)), expected: bad }),
  "damaged gzip": ({ whole }) => ({ answer: file(damaged(whole)), expected: bad }),
  "HTML error page with status 200": () => ({ answer: page, expected: bad }),
  "bad UTF-8 in a line": (good) =>
    withLine(good, invalidText(good.lines[0] ?? Buffer.alloc(0)), "invalid-utf8"),
  "line of 10 MB": (good) => withLine(good, longLine(10, good)),
  "line of 50 MB": (good) => withLine(good, longLine(50, good), "too-long"),
  "empty file": () => ({ answer: file(Buffer.alloc(0)), expected: bad }),
  "gzip without a line": () => ({ answer: file(gzipSync(Buffer.alloc(0))), expected: bad }),
  "events of another day": fromAnotherDay,
  "answer 404": () => ({
    answer: (response) => void response.writeHead(404).end(),
    expected: { error: "HourMissingError" },
  }),
  "connection breaks off": ({ whole, random }) => ({
    answer: cut(whole, random),
    expected: { error: "ArchiveUnavailableError" },
  }),
  "connection breaks off once": ({ whole, hour, lines, random }) => ({
    answer: cutOnce(whole, random),
    expected: { rows: { [hour.slice(0, 10)]: lines.length } },
  }),
} satisfies Record<string, (good: Good) => Faulty>;

export type Fault = keyof typeof makers;
export const faults = Object.keys(makers) as [Fault, ...Fault[]];

function part(whole: Buffer, random: Random): Buffer {
  return whole.subarray(0, 1 + random.below(whole.length - 2));
}

/** One line more somewhere in the hour, which is a row or, with a reason, is refused. */
function withLine({ hour, lines, random }: Good, line: Buffer, reason?: string): Faulty {
  const at = random.below(lines.length + 1);
  const rows = { [hour.slice(0, 10)]: lines.length + (reason === undefined ? 1 : 0) };
  const content = gzipSync(Buffer.concat(lines.toSpliced(at, 0, line)), { level: 1 });
  return {
    answer: file(content),
    expected: { rows, refused: reason === undefined ? [] : [{ line: at + 1, reason }] },
  };
}

function fromAnotherDay({ hour, start, lines, random }: Good): Faulty {
  const other = start - 24 * 3_600_000;
  const strangers = [...hourLines({ hour: nameOf(other), count: 3, seed: random.below(1e6), shape: "full" })];
  const rows = { [nameOf(other).slice(0, 10)]: strangers.length, [hour.slice(0, 10)]: lines.length };
  return { answer: file(gzipSync(Buffer.concat([...strangers, ...lines]))), expected: { rows } };
}

function nameOf(moment: number): string {
  const iso = new Date(moment).toISOString();
  return `${iso.slice(0, 10)}-${Number(iso.slice(11, 13))}`;
}

function invalidText(line: Buffer): Buffer {
  const text = line.toString().replace('"id":"', '"id":"9').replace('"login":"', '"login":"\u0000');
  const bytes = Buffer.from(text);
  bytes[bytes.indexOf(0)] = 0xe9;
  return bytes;
}

/** An event with so many texts of a megabyte, which do not compress. */
function longLine(megabytes: number, { hour, random }: Good): Buffer {
  const texts = Array.from({ length: megabytes }, () => ({
    body: randomFillSync(Buffer.alloc(750_000)).toString("base64"),
  }));
  const event = {
    id: String(900_000_000 + random.below(1e6)),
    type: "IssueCommentEvent",
    actor: { id: 1, login: "ada" },
    repo: { id: 1, name: "acme/lake" },
    payload: { action: "created", comments: texts },
    public: true,
    created_at: `${hour.slice(0, 10)}T12:00:00Z`,
  };
  return Buffer.from(`${JSON.stringify(event)}\n`);
}

function damaged(whole: Buffer): Buffer {
  const bytes = Buffer.from(whole);
  // The last bytes are the checksum and the length: one of them is wrong.
  bytes[bytes.length - 6] = (bytes[bytes.length - 6] ?? 0) ^ 0xff;
  return bytes;
}

function file(content: Buffer): Scene["answer"] {
  return (response) =>
    void response
      .writeHead(200, { "content-type": "application/gzip", "content-length": content.length })
      .end(content);
}

function page(response: ServerResponse): void {
  response
    .writeHead(200, { "content-type": "text/html" })
    .end("<html><head><title>503</title></head><body>Service Unavailable</body></html>");
}

function cut(whole: Buffer, random: Random): Scene["answer"] {
  const sent = part(whole, random);
  return (response) => {
    response.writeHead(200, { "content-type": "application/gzip", "content-length": whole.length });
    response.write(sent, () => response.destroy());
  };
}

function cutOnce(whole: Buffer, random: Random): Scene["answer"] {
  const broken = cut(whole, random);
  let asked = 0;
  return (response) => {
    asked += 1;
    (asked === 1 ? broken : file(whole))(response);
  };
}
