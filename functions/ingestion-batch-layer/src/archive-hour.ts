import { InvalidHourError } from "./errors.ts";

/** One hour of the archive, in UTC. */
export interface ArchiveHour {
  /** As the archive names it: the hour of the day has no leading zero. `2026-09-25-5` */
  readonly name: string;
  readonly start: Date;
}

const hourMs = 3_600_000;
const firstHourMs = Date.UTC(2011, 1, 12);

/** Accepts `2026-09-25-5` and `2026-09-25-05`. Throws InvalidHourError for everything else. */
export function parseHour(text: string): ArchiveHour {
  const [, year, month, day, hour] = /^(\d{4})-(\d{2})-(\d{2})-(\d{1,2})$/.exec(text) ?? [];
  const start = new Date(Date.UTC(Number(year), Number(month) - 1, Number(day), Number(hour)));
  // A 30 February or a 24th hour rolls over into another day.
  if (
    year === undefined ||
    start.toISOString().slice(0, 13) !== `${year}-${month}-${day}T${hour?.padStart(2, "0")}`
  ) {
    throw new InvalidHourError(
      `hour ${JSON.stringify(text.slice(0, 40))} is not an hour; it looks like 2026-09-25-5 (UTC, hours 0 to 23)`,
    );
  }
  return nameHour(start);
}

/** The last hour that was over at this moment. */
export function hourBefore(moment: Date): ArchiveHour {
  return nameHour(new Date(Math.floor(moment.getTime() / hourMs) * hourMs - hourMs));
}

/** Throws InvalidHourError when the archive cannot have the hour: before it began, or not over yet. */
export function checkHour(hour: ArchiveHour, now: Date): void {
  if (hour.start.getTime() < firstHourMs) {
    throw new InvalidHourError(`hour ${hour.name} lies before the archive's first hour, 2011-02-12-0`);
  }
  if (hour.start.getTime() + hourMs > now.getTime()) {
    throw new InvalidHourError(`hour ${hour.name} is not over yet; it is ${now.toISOString()}`);
  }
}

/** Where the hour lies in the raw layer. Here the hour of the partition has two digits, so that keys sort by time. */
export function rawLayerKey(hour: ArchiveHour): string {
  const iso = hour.start.toISOString();
  return `gharchive/date=${iso.slice(0, 10)}/hour=${iso.slice(11, 13)}/${hour.name}.json.gz`;
}

/** The hour so many hours later, or earlier. */
export function hoursAfter(hour: ArchiveHour, count: number): ArchiveHour {
  return nameHour(new Date(hour.start.getTime() + count * hourMs));
}

/** Every hour from the first to the last, both included; none when the last lies before the first. */
export function hoursBetween(first: ArchiveHour, last: ArchiveHour): ArchiveHour[] {
  const count = (last.start.getTime() - first.start.getTime()) / hourMs + 1;
  return Array.from({ length: Math.max(0, count) }, (_, index) => hoursAfter(first, index));
}

function nameHour(start: Date): ArchiveHour {
  return { name: `${start.toISOString().slice(0, 10)}-${start.getUTCHours()}`, start };
}
