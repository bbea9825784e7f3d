import type { Json, Shape } from "./github-objects.ts";
import { type EventType, payloads, typeWeights } from "./payloads.ts";
import { type Account, someAccount, someRepository } from "./population.ts";
import { mixSeeds, Random } from "./random.ts";

export interface HourOptions {
  /** `YYYY-MM-DD-H`, UTC. */
  readonly hour: string;
  /** Events that are neither duplicates nor malformed; at most ten million. */
  readonly count: number;
  /** The same seed and options give the same lines. */
  readonly seed: number;
  /** `full`: as archived until October 2025. `slim`: since. */
  readonly shape: Shape;
  /** Lines more that repeat an earlier event: some word for word, some read again later with other content. @default 0 */
  readonly duplicates?: number;
  /** Lines more that are no event, of each kind in turn: cut short, a page of HTML, without type and time, no text. @default 0 */
  readonly malformed?: number;
}

const hourMs = 3_600_000;
const idsPerHour = 10_000_000;
const firstId = 2_489_000_000;
const firstHour = Date.UTC(2015, 0, 1);
/** GitHub counts some types by themselves; that counter comes through the numbers of the other one later. */
const lagHours = 60 * 24;
const mainCounter: ReadonlySet<EventType> = new Set(["PushEvent", "CreateEvent", "DeleteEvent"]);

/** The lines of one hour, each with its newline, in the order of the archive. Throws RangeError on a wrong option. */
export function* hourLines(options: HourOptions): Generator<Buffer, void> {
  const start = startOf(options);
  const { count, duplicates = 0, malformed = 0 } = options;
  const random = new Random(mixSeeds(options.seed, start / hourMs));
  // Chosen apart from the events, which are therefore the same with and without them.
  const places = new Random(mixSeeds(options.seed, start / hourMs, 1));
  const repeatAfter = positions(places, duplicates, count);
  const breakAfter = positions(places, malformed, Math.max(count, 1));
  const recent: Json[] = [];
  let broken = 0;
  for (let index = 0; index < Math.max(count, 1); index += 1) {
    if (index < count) {
      const event = makeEvent(random, { shape: options.shape, start, index, count });
      recent[index % 200] = event;
      yield line(event);
    }
    for (let left = repeatAfter.get(index) ?? 0; left > 0; left -= 1)
      yield line(repeated(places, places.pick(recent)));
    for (let left = breakAfter.get(index) ?? 0; left > 0; left -= 1) {
      yield malformedLine(broken, recent.at(-1));
      broken += 1;
    }
  }
}

function startOf({ hour, ...options }: HourOptions): number {
  const [, date, hourOfDay] = /^(\d{4}-\d{2}-\d{2})-(\d{1,2})$/.exec(hour) ?? [];
  const start = Date.parse(`${date}T${hourOfDay?.padStart(2, "0")}:00:00Z`);
  if (Number.isNaN(start) || start < firstHour || Number(hourOfDay) > 23) {
    throw new RangeError(`hour ${JSON.stringify(hour)} must look like 2026-09-25-5 and lie in 2015 or later`);
  }
  for (const name of ["count", "seed", "duplicates", "malformed"] as const) {
    const value = options[name] ?? 0;
    if (!Number.isInteger(value) || value < 0 || value > idsPerHour) {
      throw new RangeError(`${name} ${value} must be a whole number from 0 to ${idsPerHour}`);
    }
  }
  if (options.count === 0 && (options.duplicates ?? 0) > 0)
    throw new RangeError("duplicates need events to repeat");
  return start;
}

/** After which event how many extra lines come. */
function positions(random: Random, extra: number, count: number): Map<number, number> {
  const chosen = new Map<number, number>();
  for (let made = 0; made < extra; made += 1) {
    const index = random.between(0, count - 1);
    chosen.set(index, (chosen.get(index) ?? 0) + 1);
  }
  return chosen;
}

interface Slot {
  readonly shape: Shape;
  readonly start: number;
  readonly index: number;
  readonly count: number;
}

function makeEvent(random: Random, { shape, start, index, count }: Slot): Json {
  const type: EventType =
    shape === "full" ? random.weighted(typeWeights.full) : random.weighted(typeWeights.slim);
  const repository = someRepository(random);
  const actor = someAccount(random);
  // A few events come late, but within the hour.
  const lateMs = random.chance(0.003) ? random.between(1, 60_000) : 0;
  const moment = new Date(start + Math.max(0, Math.floor((hourMs * index) / count) - lateMs))
    .toISOString()
    .replace(/\.\d+Z/, "Z");
  const lag = shape === "slim" && !mainCounter.has(type) ? lagHours : 0;
  const id = firstId + ((start - firstHour) / hourMs - lag) * idsPerHour + index;
  return {
    id: String(id),
    type,
    actor: actorObject(shape, actor),
    repo: {
      id: repository.id,
      name: `${repository.owner.login}/${repository.name}`,
      url: `https://api.github.com/repos/${repository.owner.login}/${repository.name}`,
    },
    payload: payloads[type]({ shape, random, actor, repository, moment }),
    public: true,
    created_at: moment,
    ...(repository.owner.type === "Organization" && { org: orgObject(repository.owner) }),
  };
}

function actorObject(shape: Shape, { id, login }: Account): Json {
  return {
    id,
    login,
    ...(shape === "slim" && { display_login: login.replace("[bot]", "") }),
    gravatar_id: "",
    url: `https://api.github.com/users/${login}`,
    avatar_url: `https://avatars.githubusercontent.com/u/${id}?`,
  };
}

function orgObject({ id, login }: Account): Json {
  return {
    id,
    login,
    gravatar_id: "",
    url: `https://api.github.com/orgs/${login}`,
    avatar_url: `https://avatars.githubusercontent.com/u/${id}?`,
  };
}

/** Payloads are filled in when they are read: the same event read again can differ. */
function repeated(random: Random, event: Json): Json {
  const payload = event["payload"] as { readonly forkee?: Json; readonly issue?: Json };
  const updated_at = String(event["created_at"]).replace(/\d\dZ$/, `${random.between(10, 59)}Z`);
  if (payload.forkee !== undefined)
    return { ...event, payload: { ...payload, forkee: { ...payload.forkee, updated_at } } };
  if (payload.issue !== undefined)
    return { ...event, payload: { ...payload, issue: { ...payload.issue, updated_at } } };
  return event;
}

function malformedLine(nth: number, event: Json = {}): Buffer {
  const { type: _type, created_at: _time, ...incomplete } = event;
  switch (nth % 4) {
    case 0:
      return Buffer.from('{"id":"1","type":"PushEvent","actor":{"id":1,"login":"cut-sho\n');
    case 1:
      return Buffer.from("<html><body>502 Bad Gateway</body></html>\n");
    case 2:
      return line(incomplete);
    default:
      return Buffer.from([0xff, 0xfe, 0x00, 0x80, 0x0a]);
  }
}

function line(event: Json): Buffer {
  return Buffer.from(`${JSON.stringify(event)}\n`);
}
