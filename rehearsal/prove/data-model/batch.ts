import type { Shape } from "../../../data/events/github-objects.ts";
import { type HourOptions, hourLines } from "../../../data/events/hour-lines.ts";
import type { Source } from "../data/lake.ts";
import type { Random } from "../random.ts";

/** One file of the raw layer, with its lines as they lie in it. */
export interface RawFile {
  /** `2015-01-01-05` */
  readonly hour: string;
  readonly source: Source;
  readonly name: string;
  readonly lines: readonly Buffer[];
}

/** What lands of a batch first, and what lands later or in place of it. */
export interface Batch {
  readonly number: number;
  readonly landed: readonly RawFile[];
  readonly later: readonly RawFile[];
}

type Event = Readonly<Record<string, unknown>>;

const hourMs = 3_600_000;
const dayMs = 24 * hourMs;
const firstDay = Date.UTC(2015, 1, 1);
/** A neighbourhood's hours lie around a midnight; the days about it are for events of other dates. */
const daysOfNeighbourhood = 4;
const hoursOfNeighbourhood = 8;

/**
 * So many batches share their hours and dates, as the many repositories of one hour do. They share no id and no
 * file, so that each batch is known by its own.
 */
export const neighbours = 50;

/** The batch of a file of the raw layer. */
export function batchOf(file: string): number {
  return Number(/-batch(\d+)[^/]*$/.exec(file)?.[1] ?? -1);
}

export function makeBatch(number: number, random: Random): Batch {
  const day = firstDay + (Math.floor(number / neighbours) * daysOfNeighbourhood + 2) * dayMs;
  const start = day - (hoursOfNeighbourhood / 2) * hourMs;
  const someHour = () => start + random.below(hoursOfNeighbourhood) * hourMs;
  const hours = Array.from({ length: 2 + random.below(3) }, someHour);
  const making: Making = { number, pool: [], random };
  const landed = hours.map((hour) => fileOf(hour, "gharchive", making));
  if (random.chance(0.6)) landed.push(fileOf(random.pick([start, ...hours]), "events-api", making));
  if (random.chance(0.3)) landed.push(fileOf(random.pick([start, ...hours]), "events-api", making));
  const later: RawFile[] = [];
  if (random.chance(0.5)) later.push(fileOf(someHour(), "gharchive", making));
  if (random.chance(0.5)) later.push(fileOf(random.pick([start, ...hours]), "events-api", making));
  // An hour that is fetched anew has the same name and other lines.
  const again = landed.find(({ source }) => source === "gharchive");
  if (again !== undefined && random.chance(0.5))
    later.push(
      fileOf(Date.parse(`${again.hour.slice(0, 10)}T${again.hour.slice(11)}:00:00Z`), "gharchive", making),
    );
  return { number, landed, later };
}

interface Making {
  readonly number: number;
  /** Events of the batch so far, which files repeat. */
  readonly pool: Event[];
  readonly random: Random;
}

function fileOf(hour: number, source: Source, making: Making): RawFile {
  const { number, pool, random } = making;
  const iso = new Date(hour).toISOString();
  const name = `${iso.slice(0, 10)}-${new Date(hour).getUTCHours()}`;
  const made = Array.from({ length: 1 + random.below(6) }, () => someEvent(hour, making));
  const lines: Buffer[] = made.map((event) => Buffer.from(JSON.stringify(event)));
  while (random.chance(0.35)) lines.splice(random.below(lines.length + 1), 0, badLine(random));
  if (random.chance(0.3)) lines.reverse();
  pool.push(...made);
  return {
    hour: `${iso.slice(0, 10)}-${iso.slice(11, 13)}`,
    source,
    name: `${source === "gharchive" ? name : `poll-${random.below(1e6)}`}-batch${number}`,
    lines,
  };
}

/** A new event, one of the batch word for word, one that was read again with other content, or one of the same id. */
function someEvent(hour: number, { number, pool, random }: Making): Event {
  const [first, ...others] = pool;
  if (first !== undefined && random.chance(0.35)) {
    const earlier = random.pick([first, ...others]);
    if (random.chance(0.5)) return earlier;
    const payload = earlier["payload"] as Event;
    return { ...earlier, payload: { ...payload, read_again: random.below(1e6) } };
  }
  const moment = momentOf(hour, random);
  if (random.chance(0.2)) return timelineEvent(moment, number, random);
  const [event = {}] = [...hourLines(optionsOf(hour, random))].map(
    (line) => JSON.parse(line.toString()) as Event,
  );
  // Few ids for many events: the same id comes with other types and on other dates.
  return { ...event, id: String(number * 100 + random.below(12)), created_at: moment, ...extra(random) };
}

function optionsOf(hour: number, random: Random): HourOptions {
  const iso = new Date(hour).toISOString();
  const shape = random.pick<Shape>(["full", "slim"]);
  return {
    hour: `${iso.slice(0, 10)}-${new Date(hour).getUTCHours()}`,
    count: 1,
    seed: random.below(1e6),
    shape,
  };
}

/** Mostly in the hour, at times in the day before or after it, in any of the forms that the archive has had. */
function momentOf(hour: number, random: Random): string {
  const shift = random.chance(0.8) ? 0 : (random.below(3) - 1) * 20 * hourMs;
  const moment = hour + shift + random.below(3600) * 1000;
  if (random.chance(0.8)) return new Date(moment).toISOString().replace(".000Z", "Z");
  const local = new Date(moment - 8 * hourMs).toISOString();
  return random.chance(0.5)
    ? `${local.slice(0, 19)}-08:00`
    : `${local.slice(0, 10).replaceAll("-", "/")} ${local.slice(11, 19)} -0800`;
}

/** As until 2014: no id, an actor that is text, a repository. */
function timelineEvent(created_at: string, number: number, random: Random): Event {
  const type = random.pick(["PushEvent", "WatchEvent", "CreateEvent"]);
  return {
    type,
    actor: `user-${random.below(5)}`,
    actor_attributes: { login: "user", type: "User" },
    repository: { id: random.below(9), name: `lake-${random.below(5)}`, owner: "acme", watchers: 3 },
    url: `https://github.com/acme/${number}/${random.below(1e6)}`,
    payload: type === "PushEvent" ? { size: 1, ref: "refs/heads/main", shas: [["bb", "a@b", "m"]] } : {},
    public: true,
    created_at,
  };
}

function extra(random: Random): Event {
  return random.chance(0.1) ? { version: random.below(9), note: "new to the source" } : {};
}

function badLine(random: Random): Buffer {
  const text = (value: string) => Buffer.from(value);
  return random.pick<Buffer>([
    text('{"id":"1","type":"PushEvent","actor":{"id":1,"login":"cut-sho'),
    text("<html><body>502 Bad Gateway</body></html>"),
    text('{"id":"2","created_at":"2015-01-01T00:00:00Z","payload":{}}'),
    text('{"id":"3","type":"WatchEvent","payload":{}}'),
    text('{"id":"4","type":"WatchEvent","created_at":"2015-02-30T00:00:00Z"}'),
    text('{"id":"5","type":"WatchEvent","created_at":"0001-01-01T00:00:00Z"}'),
    text(
      '{"type":"WatchEvent","actor":{"login":"ada"},"repo":{"name":"a/b"},"created_at":"2015-01-01T00:00:00Z"}',
    ),
    text('{"id":"6","type":"WatchEvent","created_at":"2015-01-01T00:00:00Z"}{"id":"7"}'),
    text("[1,2]"),
    text("null"),
    text(""),
    Buffer.from([0xff, 0xfe, 0x80]),
    Buffer.concat([
      text('{"id":"8","type":"WatchEvent","created_at":"2015-01-01T00:00:00Z","x":"'),
      Buffer.from([0xe9]),
      text('"}'),
    ]),
  ]);
}
