import { retry } from "../../shared/retry.ts";
import { eventKey, eventsObjectKey, packEvents } from "./events-object.ts";
import {
  type EventsPage,
  type EventsSource,
  EventsUnavailableError,
  eventsPerPage,
} from "./events-source.ts";
import type { PollState, PollStateStore } from "./poll-state.ts";
import type { EventsLayer } from "./raw-layer.ts";

export interface Deps {
  readonly source: EventsSource;
  readonly state: PollStateStore;
  readonly layer: EventsLayer;
  readonly now: () => Date;
  readonly sleep: (ms: number) => Promise<void>;
  /** How long this invocation can run at most. Others leave it alone so long, by their own clocks. */
  readonly leaseMs: number;
  readonly newClaimId: () => string;
}

/** What one invocation did. `nextPollAt` is the earliest time at which GitHub wants to be asked again. */
export type PollResult =
  | { readonly outcome: "too-early" | "busy"; readonly nextPollAt: string }
  | {
      readonly outcome: "unchanged" | "rate-limited";
      readonly requests: number;
      readonly known: number;
      readonly nextPollAt: string;
    }
  | {
      readonly outcome: "written";
      readonly key: string;
      readonly events: number;
      /** Events that an earlier poll has written. */
      readonly known: number;
      readonly requests: number;
      readonly bytes: number;
      readonly nextPollAt: string;
    };

/** GitHub lists at most 300 events. */
const maxPages = 3;
const keptKeys = 2_000;
/** A schedule and GitHub's poll interval of the same length miss each other by moments; it is worth waiting for those. */
const maxWaitMs = 10_000;

/**
 * No claim and no pause is longer, whatever the clock said by which it was made. Where two clocks disagree by
 * more, nobody waits for what one of them takes for the future.
 */
const longestClaimMs = 900_000;
const longestPauseMs = 7_200_000;

/**
 * Polls the public events once, writes those that no poll before has written, and remembers them. It claims an
 * object's key first; whatever ends it, the next poll finds out from that key whether its events are written.
 */
export async function pollEvents(deps: Deps): Promise<PollResult> {
  const stored = await deps.state.read();
  const previous: PollState = stored?.state ?? {
    version: 1,
    seen: [],
    nextPollAt: new Date(0).toISOString(),
  };
  const { nextPollAt, claim: held } = previous;
  if (held !== undefined && within(longestClaimMs, msUntil(held.until, deps)))
    return { outcome: "busy", nextPollAt: held.until };
  const waitMs = msUntil(nextPollAt, deps);
  if (waitMs > maxWaitMs && within(longestPauseMs, waitMs)) return { outcome: "too-early", nextPollAt };
  if (within(maxWaitMs, waitMs)) await deps.sleep(waitMs);

  const settled = await settle(previous, deps);
  const polledAt = deps.now();
  const id = deps.newClaimId();
  const claim = { id, until: after(polledAt, deps.leaseMs), key: eventsObjectKey(polledAt, id) };
  const version = await deps.state.replace({ ...settled, claim }, stored?.version);
  if (version === undefined) return { outcome: "busy", nextPollAt };
  const claimed = { settled, polledAt, version, key: claim.key };
  return record(claimed, await readClaimed(claimed, deps), deps);
}

function within(limitMs: number, ms: number): boolean {
  return ms > 0 && ms <= limitMs;
}

function msUntil(moment: string, { now }: Deps): number {
  return Date.parse(moment) - now().getTime();
}

/** The state without a claim. What the claim's holder wrote before its time was over counts as seen. */
async function settle({ claim, ...state }: PollState, { layer }: Deps): Promise<PollState> {
  if (claim === undefined) return state;
  const written = (await layer.settle(claim.key)).map(eventKey);
  return { ...state, seen: [...state.seen, ...written].slice(-keptKeys) };
}

interface Claimed {
  readonly settled: PollState;
  readonly polledAt: Date;
  readonly version: string;
  readonly key: string;
}

/** Nothing is written yet: when GitHub fails, the claim is given back, and the next poll finds the events. */
async function readClaimed({ settled, polledAt, version }: Claimed, deps: Deps): Promise<Poll> {
  try {
    return await readPages(new Set(settled.seen), settled.etag, deps);
  } catch (error) {
    await deps.state.replace({ ...settled, nextPollAt: after(polledAt, 60_000) }, version);
    throw error;
  }
}

/** First the events, then the state. Whatever fails from here on, the claim stays for the next poll to settle. */
async function record(claimed: Claimed, poll: Poll, { layer, state }: Deps): Promise<PollResult> {
  const { settled, polledAt, version, key } = claimed;
  const fresh = [...poll.fresh].reverse();
  const body = packEvents(fresh.map(([, event]) => event));
  if (fresh.length > 0 && !(await layer.write(key, body)))
    throw new Error("Another invocation took over during this poll; its events are found again by the next");

  const nextPollAt = nextPoll(poll.last, polledAt);
  const etag = poll.first.kind === "events" ? poll.first.etag : settled.etag;
  const advanced: PollState = {
    version: 1,
    ...(etag !== undefined && { etag }),
    seen: [...settled.seen, ...fresh.map(([key]) => key)].slice(-keptKeys),
    nextPollAt,
  };
  if ((await state.replace(advanced, version)) === undefined)
    throw new Error("Another invocation took over during this poll; what was written counts for it as seen");
  const counts = { requests: poll.requests, known: poll.known, nextPollAt };
  if (fresh.length > 0)
    return { outcome: "written", key, events: fresh.length, bytes: body.length, ...counts };
  return { outcome: poll.last.kind === "limited" ? "rate-limited" : "unchanged", ...counts };
}

interface Poll {
  /** By key, newest first. */
  readonly fresh: ReadonlyMap<string, unknown>;
  readonly known: number;
  readonly requests: number;
  readonly first: EventsPage;
  readonly last: EventsPage;
}

/** Reads pages until one holds an event that an earlier poll has written. */
async function readPages(seen: ReadonlySet<string>, etag: string | undefined, deps: Deps): Promise<Poll> {
  const fresh = new Map<string, unknown>();
  let known = 0;
  let first: EventsPage | undefined;
  for (let number = 1; ; number += 1) {
    const page = await readPage(number, number === 1 ? etag : undefined, deps);
    first ??= page;
    const knownBefore = known;
    for (const event of page.kind === "events" ? page.events : []) {
      const key = eventKey(event);
      if (seen.has(key)) known += 1;
      else if (!fresh.has(key)) fresh.set(key, event);
    }
    const more =
      page.kind === "events" && page.events.length === eventsPerPage && page.resumeAt === undefined;
    if (!more || known > knownBefore || number === maxPages)
      return { fresh, known, requests: number, first, last: page };
  }
}

function readPage(number: number, etag: string | undefined, { source, sleep }: Deps): Promise<EventsPage> {
  return retry(() => source.page(number, etag), {
    attempts: 3,
    delayMs: 500,
    sleep,
    retryable: (error) => error instanceof EventsUnavailableError,
  });
}

/** Counted from the request, not from the answer, so that a steady schedule does not drift past its slot. */
function nextPoll(page: EventsPage, polledAt: Date): string {
  if (page.kind === "limited") return page.resumeAt.toISOString();
  const interval = after(polledAt, page.pollIntervalSeconds * 1000);
  const resumeAt = page.resumeAt?.toISOString() ?? interval;
  return resumeAt > interval ? resumeAt : interval;
}

function after(moment: Date, ms: number): string {
  return new Date(moment.getTime() + ms).toISOString();
}
