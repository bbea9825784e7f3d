import { parseArgs } from "node:util";
import {
  type ArchiveHour,
  checkHour,
  hoursBetween,
  parseHour,
} from "../ingestion-batch-layer/src/archive-hour.ts";

export const help = `Looks at hours of GH Archive in the manifest, and asks for those that nobody takes care of.

Usage: npm run backfill -- --from 2026-09-01-0 --to 2026-09-02-23 [options]
       npm run hours -- --from 2026-09-01-0 --to 2026-09-02-23 [options]

  --from HOUR           first hour, UTC, such as 2026-09-01-0
  --to HOUR             last hour, included
  --send                ask for the hours: a message each. Without it nothing is sent
  --again               instead, have hours that landed, or are lost, ingested and processed once more
  --show                only show the hours (npm run hours)
  --environment NAME    of the stack map (stage)
  --yes                 more than 10,000 hours are meant
  --help                show this

It takes the credentials of the environment, as the AWS command line does. Run again, it goes on where it stopped.
`;

export interface Options {
  readonly first: ArchiveHour;
  readonly last: ArchiveHour;
  readonly action: "look" | "send" | "again" | "show";
  readonly environment: string;
}

const hoursWithoutYes = 10_000;

/** Undefined when help is wanted. Throws with what is wrong and what to do. */
export function readOptions(args: readonly string[], now: Date): Options | undefined {
  const { values } = parseArgs({
    args: [...args],
    options: {
      from: { type: "string" },
      to: { type: "string" },
      send: { type: "boolean", default: false },
      again: { type: "boolean", default: false },
      show: { type: "boolean", default: false },
      environment: { type: "string", default: "stage" },
      yes: { type: "boolean", default: false },
      help: { type: "boolean", default: false },
    },
  });
  if (values.help) return undefined;
  const first = hourOf("--from", values.from, now);
  const last = hourOf("--to", values.to, now);
  const count = hoursBetween(first, last).length;
  if (count === 0)
    throw new Error(
      `--from ${first.name} lies after --to ${last.name}. Exchange them, or correct one of them.`,
    );
  const chosen = (["send", "again", "show"] as const).filter((name) => values[name]);
  const [action = "look", ...others] = chosen;
  if (others.length > 0)
    throw new Error(`${chosen.map((name) => `--${name}`).join(" and ")} cannot go together. Choose one.`);
  if (count > hoursWithoutYes && !values.yes)
    throw new Error(
      `${first.name} to ${last.name} are ${count.toLocaleString("en")} hours. If you mean more than ${hoursWithoutYes.toLocaleString("en")}, add --yes.`,
    );
  return { first, last, action, environment: values.environment };
}

function hourOf(option: string, text: string | undefined, now: Date): ArchiveHour {
  if (text === undefined)
    throw new Error(`${option} is missing. Give an hour in UTC, such as ${option} 2026-09-01-0.`);
  try {
    const hour = parseHour(text);
    checkHour(hour, now);
    return hour;
  } catch (error) {
    throw new Error(`${option}: ${error instanceof Error ? error.message : String(error)}.`, {
      cause: error,
    });
  }
}
