import { retry } from "../../shared/retry.ts";
import { eventKey, eventsObject } from "./events-object.ts";
import {
  type EventsPage,
  type EventsSource,
  EventsUnavailableError,
  eventsPerPage,
} from "./events-source.ts";
import type { PollState, PollStateStore } from "./poll-state.ts";
import type { WriteEvents } from "./raw-layer.ts";

export interface Deps {
  readonly source: EventsSource;
  readonly state: PollStateStore;
  readonly write: WriteEvents;
  readonly now: () => Date;
  readonly sleep: (ms: number) => Promise<void>;
  /** How long this invocation can run at most. No other one polls meanwhile, even if this one vanishes. */
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

/** Polls the public events once and writes those that no poll before has written, then remembers them. */
export async function pollEvents(deps: Deps): Promise<PollResult> {
  const stored = await deps.state.read();
  const previous: PollState = stored?.state ?? {
    version: 1,
    seen: [],
    nextPollAt: new Date(0).toISOString(),
  };
  const { nextPollAt, claim: held, ...kept } = previous;
  if (held !== undefined && Date.parse(held.until) > deps.now().getTime())
    return { outcome: "busy", nextPollAt: held.until };
  const waitMs = Date.parse(nextPollAt) - deps.now().getTime();
  if (waitMs > maxWaitMs) return { outcome: "too-early", nextPollAt };
  if (waitMs > 0) await deps.sleep(waitMs);

  const polledAt = deps.now();
  const claim = { id: deps.newClaimId(), until: after(polledAt, deps.leaseMs) };
  const version = await deps.state.replace({ ...kept, nextPollAt, claim }, stored?.version);
  if (version === undefined) return { outcome: "busy", nextPollAt };
  try {
    return await pollClaimed({ previous, polledAt, version }, deps);
  } catch (error) {
    // What was polled is not remembered, so that the next poll finds it again.
    await deps.state.replace({ ...kept, nextPollAt: after(polledAt, 60_000) }, version);
    throw error;
  }
}

interface Claimed {
  readonly previous: PollState;
  readonly polledAt: Date;
  readonly version: string;
}

async function pollClaimed({ previous, polledAt, version }: Claimed, deps: Deps): Promise<PollResult> {
  const seen = new Set(previous.seen);
  const poll = await readPages(seen, previous.etag, deps);
  const fresh = [...poll.fresh].reverse();
  const object =
    fresh.length === 0
      ? undefined
      : eventsObject(
          fresh.map(([, event]) => event),
          polledAt,
        );
  if (object !== undefined) await deps.write(object);

  const nextPollAt = nextPoll(poll.last, polledAt);
  const etag = poll.first.kind === "events" ? poll.first.etag : previous.etag;
  const advanced: PollState = {
    version: 1,
    ...(etag !== undefined && { etag }),
    seen: [...previous.seen, ...fresh.map(([key]) => key)].slice(-keptKeys),
    nextPollAt,
  };
  if ((await deps.state.replace(advanced, version)) === undefined) {
    throw new Error(
      "Somebody else changed the state during this poll; the next poll may write its events again",
    );
  }
  const counts = { requests: poll.requests, known: poll.known, nextPollAt };
  if (object !== undefined) {
    return {
      outcome: "written",
      key: object.key,
      events: fresh.length,
      bytes: object.body.length,
      ...counts,
    };
  }
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
