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

export const faults = [
  "truncated gzip",
  "damaged gzip",
  "HTML error page with status 200",
  "bad UTF-8 in a line",
  "line of 10 MB",
  "line of 50 MB",
  "empty file",
  "gzip without a line",
  "events of another day",
  "answer 404",
  "connection breaks off",
  "connection breaks off once",
] as const;
export type Fault = (typeof faults)[number];

const firstHour = Date.UTC(2016, 0, 1);
/** Hours of scenes lie days apart, so that each has its dates for itself. */
const hoursApart = 72;

export function makeScene(number: number, random: Random): Scene {
  const fault = faults[number % faults.length] ?? faults[0];
  const start = firstHour + number * hoursApart * 3_600_000 + random.below(24) * 3_600_000;
  const hour = nameOf(start);
  const lines = [...hourLines({ hour, count: 5 + random.below(40), seed: random.below(1e6), shape: "full" })];
  const scene = { hour, start, lines, random };
  const wholeRows = { [hour.slice(0, 10)]: lines.length };
  return { fault, hour, whole: gzipSync(Buffer.concat(lines)), wholeRows, ...withFault(fault, scene) };
}

interface Good {
  readonly hour: string;
  readonly start: number;
  readonly lines: readonly Buffer[];
  readonly random: Random;
}

type Faulty = Pick<Scene, "answer" | "expected">;

function withFault(fault: Fault, good: Good): Faulty {
  const { hour, lines, random } = good;
  const whole = gzipSync(Buffer.concat(lines));
  const some = 1 + random.below(whole.length - 2);
  const day = hour.slice(0, 10);
  const bad = { error: "BadArchiveError" };
  switch (fault) {
    case "truncated gzip":
      return { answer: file(whole.subarray(0, some)), expected: bad };
    case "damaged gzip":
      return { answer: file(damaged(whole)), expected: bad };
    case "HTML error page with status 200":
      return { answer: page, expected: bad };
    case "empty file":
      return { answer: file(Buffer.alloc(0)), expected: bad };
    case "gzip without a line":
      return { answer: file(gzipSync(Buffer.alloc(0))), expected: bad };
    case "answer 404":
      return {
        answer: (response) => void response.writeHead(404).end(),
        expected: { error: "HourMissingError" },
      };
    case "connection breaks off":
      return { answer: cut(whole, some), expected: { error: "ArchiveUnavailableError" } };
    case "connection breaks off once":
      return { answer: cutOnce(whole, some), expected: { rows: { [day]: lines.length } } };
    case "bad UTF-8 in a line":
      return withLine(good, invalidText(lines[0] ?? Buffer.alloc(0)), "invalid-utf8");
    case "line of 10 MB":
      return withLine(good, longLine(day, 10, random));
    case "line of 50 MB":
      return withLine(good, longLine(day, 50, random), "too-long");
    case "events of another day":
      return fromAnotherDay(good);
  }
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
function longLine(day: string, megabytes: number, random: Random): Buffer {
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
    created_at: `${day}T12:00:00Z`,
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

function cut(whole: Buffer, at: number): Scene["answer"] {
  return (response) => {
    response.writeHead(200, { "content-type": "application/gzip", "content-length": whole.length });
    response.write(whole.subarray(0, at), () => response.destroy());
  };
}

function cutOnce(whole: Buffer, at: number): Scene["answer"] {
  let asked = 0;
  return (response) => {
    asked += 1;
    (asked === 1 ? cut(whole, at) : file(whole))(response);
  };
}
