import type { ArchiveHour } from "../ingestion-batch-layer/src/archive-hour.ts";
import type { KnownState, Survey } from "./survey.ts";

const states: Readonly<Record<KnownState, string>> = {
  unknown: "never asked for",
  expected: "asked for, nothing landed yet",
  missing: "the archive does not have them yet; asked for again by themselves",
  lost: "the archive does not have them",
  landed: "in the raw layer",
  quarantined: "refused by ingestion",
  processed: "in the qualified layer",
};
/** Those that a person may want to look at. */
const listed: readonly KnownState[] = ["missing", "lost", "quarantined"];

/** Counts per state, and the hours that are not as they should be. */
export function reportStates({ hours, byState, nearlyEmpty }: Survey, range: string): string {
  const counts = Object.entries(states).flatMap(([state, meaning]) => {
    const count = byState.get(state as KnownState)?.length ?? 0;
    return count === 0 ? [] : [`  ${number(count).padStart(8)}  ${state.padEnd(11)}  ${meaning}`];
  });
  const lists = [
    ...listed.map((state) => [state, byState.get(state) ?? []] as const),
    ["nearly empty", nearlyEmpty] as const,
  ].flatMap(([name, of]) => (of.length === 0 ? [] : [`${name}: ${namesOf(of)}`]));
  return [`${range}: ${number(hours)} hours`, ...counts, ...lists].join("\n");
}

/** What asking would come to, roughly: it depends on the size of the files, and on how often an attempt fails. */
export function reportCost({ toAsk, toRepeat, usualBytes }: Survey): string {
  const count = toAsk.length;
  const parts = usualBytes === undefined ? 2 : Math.ceil(usualBytes / (8 * 1024 * 1024));
  const size =
    usualBytes === undefined
      ? "of unknown size: none of these hours has landed"
      : `about ${number(Math.round((count * usualBytes) / 1e6))} MB, by those that have landed`;
  const cost =
    count === 0
      ? []
      : [
          `  from the archive: ${size}`,
          `  requests, about: SQS ${number(3 * count)}, S3 ${number((parts + 3) * count)}, DynamoDB ${number(10 * count)}`,
        ];
  return [
    `Would be asked for (--send): ${number(count)} hours`,
    ...cost,
    `Could be ingested again (--again): ${number(toRepeat.length)} hours`,
  ].join("\n");
}

function namesOf(hours: readonly ArchiveHour[]): string {
  return hours.map(({ name }) => name).join(" ");
}

export function number(count: number): string {
  return count.toLocaleString("en");
}
