import { existsSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { parseArgs } from "node:util";
import { didYouMean } from "../../actions/shared/src/suggest.ts";

export interface Options {
  /** Files of events given by hand. */
  readonly events: readonly string[];
  /** An hour to fetch, `YYYY-MM-DD-H`. */
  readonly hour: string | undefined;
  readonly keep: boolean;
  readonly out: string;
  /** Only the steps up to this one; undefined: all. */
  readonly until: number | undefined;
  /** By hand also the drift check, an unlock and an apply. */
  readonly thorough: boolean;
}

export class UsageError extends Error {}

const common = {
  events: { type: "string", multiple: true },
  hour: { type: "string" },
  keep: { type: "boolean" },
  out: { type: "string" },
  help: { type: "boolean", short: "h" },
} as const;
const whole = { ...common, until: { type: "string" }, thorough: { type: "boolean" } } as const;

/** The programs, by the names of their files: `main` rehearses the whole loop, `data` its last part alone. */
export type ProgramName = "main" | "data";

export function usage(program: ProgramName = "main"): string {
  return readFileSync(join(import.meta.dirname, `${program}.usage.txt`), "utf8");
}

/** The options that this process was started with; undefined when it was only help, which is printed. */
export function parseCommandLine(program: ProgramName): Options | undefined {
  const options = parseOptions(process.argv.slice(2), process.env["INIT_CWD"] ?? process.cwd(), program);
  if (options === undefined) process.stdout.write(usage(program));
  return options;
}

/** Undefined when help was asked for. Throws UsageError naming the option that is wrong. */
export function parseOptions(
  args: readonly string[],
  cwd: string,
  program: ProgramName = "main",
): Options | undefined {
  const known = program === "main" ? whole : common;
  const { tokens } = parseArgs({
    args: [...args],
    options: known,
    allowPositionals: true,
    strict: false,
    tokens: true,
  });
  for (const token of tokens) {
    if (token.kind === "option" && !Object.hasOwn(known, token.name))
      throw new UsageError(`unknown option ${token.rawName}, ${didYouMean(token.name, Object.keys(known))}`);
  }
  const { values, positionals } = parseArgs({
    args: [...args],
    options: whole,
    allowPositionals: true,
    strict: true,
  });
  if (values.help === true) return undefined;
  // `--events one two`: the shell has spread a pattern.
  if (positionals.length > 0 && values.events === undefined)
    throw new UsageError(`unexpected "${positionals[0]}"`);
  const events = [...(values.events ?? []), ...positionals].map((file) => resolve(cwd, file));
  for (const file of events)
    if (!existsSync(file)) throw new UsageError(`--events: there is no file ${file}`);
  if (values.hour !== undefined) checkHour(values.hour);
  if (values.hour !== undefined && events.length > 0)
    throw new UsageError("--events and --hour exclude each other");
  return {
    events,
    hour: values.hour,
    keep: values.keep === true,
    out: resolve(cwd, values.out ?? join(import.meta.dirname, "..", "out")),
    until: parseUntil(values.until),
    thorough: values.thorough === true,
  };
}

function checkHour(text: string): void {
  const [, date = "", hour = ""] = /^(\d{4}-\d{2}-\d{2})-(\d|1\d|2[0-3])$/.exec(text) ?? [];
  const start = new Date(`${date}T${hour.padStart(2, "0")}:00:00Z`);
  // A 30 February rolls over into another day.
  if (Number.isNaN(start.getTime()) || start.toISOString().slice(0, 10) !== date)
    throw new UsageError(
      `--hour: "${text}" is no hour; write YYYY-MM-DD-H, the hour 0 to 23 without a leading zero`,
    );
  if (start.getTime() + 3_600_000 > Date.now())
    throw new UsageError(`--hour: ${text} is not over yet (UTC), so the archive does not have it`);
}

function parseUntil(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  if (!/^[1-7]$/.test(text))
    throw new UsageError(`--until: "${text}" is no step; write a number from 1 to 7`);
  return Number(text);
}
