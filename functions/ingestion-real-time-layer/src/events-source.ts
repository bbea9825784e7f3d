import { TokenError } from "./token.ts";

/** The list of public events, newest first, in pages. */
export interface EventsSource {
  /**
   * Reads one page, counted from 1. Throws EventsUnavailableError when the server does not answer in time or answers
   * with an error, and BadEventsError when the answer is no list.
   */
  page(number: number, etag: string | undefined): Promise<EventsPage>;
}

export type EventsPage =
  | ({
      readonly kind: "events";
      readonly events: readonly unknown[];
      readonly etag: string | undefined;
    } & Pace)
  | ({ readonly kind: "unchanged" } & Pace)
  | { readonly kind: "limited"; readonly resumeAt: Date };

interface Pace {
  readonly pollIntervalSeconds: number;
  /** Set when this answer used up the last request that the rate limit allows. */
  readonly resumeAt: Date | undefined;
}

export const eventsPerPage = 100;

export class EventsUnavailableError extends Error {
  override readonly name = "EventsUnavailableError";
}

export class BadEventsError extends Error {
  override readonly name = "BadEventsError";
}

export interface EventsSourceOptions {
  readonly now: () => Date;
  /** With one GitHub allows more requests. */
  readonly token?: string | undefined;
  readonly timeoutMs?: number;
}

export function githubEvents(url: string, options: EventsSourceOptions): EventsSource {
  const { now } = options;
  return {
    async page(number, etag) {
      const pageUrl = `${url}?per_page=${eventsPerPage}&page=${number}`;
      const answer = await request(pageUrl, etag, options);
      const { status, headers } = answer;
      const pace = { pollIntervalSeconds: pollInterval(headers), resumeAt: exhaustedUntil(headers, now()) };
      if (status === 304) return { kind: "unchanged", ...pace };
      if (status === 200) {
        return {
          kind: "events",
          events: parseEvents(answer, pageUrl),
          etag: headers.get("etag") ?? undefined,
          ...pace,
        };
      }
      const resumeAt = limitedUntil(status, headers, now());
      if (resumeAt !== undefined) return { kind: "limited", resumeAt };
      if (status === 401)
        throw new TokenError(`${url} refuses the token of TOKEN_SECRET_ARN: put a valid one into the secret`);
      throw new EventsUnavailableError(`${pageUrl} answered with status ${status}`);
    },
  };
}

interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly body: string;
}

async function request(
  url: string,
  etag: string | undefined,
  { token, timeoutMs = 4_000 }: EventsSourceOptions,
): Promise<Answer> {
  try {
    const response = await fetch(url, {
      signal: AbortSignal.timeout(timeoutMs),
      headers: {
        accept: "application/vnd.github+json",
        "x-github-api-version": "2022-11-28",
        "user-agent": "ingestion-real-time-layer",
        ...(etag !== undefined && { "if-none-match": etag }),
        ...(token !== undefined && { authorization: `Bearer ${token}` }),
      },
    });
    return { status: response.status, headers: response.headers, body: await response.text() };
  } catch (error) {
    const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new EventsUnavailableError(`${url} cannot be read: ${reason}`, { cause: error });
  }
}

function parseEvents({ headers, body }: Answer, url: string): unknown[] {
  try {
    const parsed: unknown = JSON.parse(body);
    if (Array.isArray(parsed)) return parsed;
  } catch {
    // Said below, together with what came instead.
  }
  const beginning = JSON.stringify(body.slice(0, 60));
  throw new BadEventsError(
    `${url} sent no list of events but ${headers.get("content-type")} beginning with ${beginning}`,
  );
}

/** Bounds for what a header says: a wrong one must neither hammer the server nor stop the polling for good. */
const maxIntervalSeconds = 900;
const maxPauseSeconds = 7_200;
const usualSeconds = 60;

function pollInterval(headers: Headers): number {
  return Math.min(Math.max(secondsOf(headers, "x-poll-interval") ?? usualSeconds, 1), maxIntervalSeconds);
}

function exhaustedUntil(headers: Headers, now: Date): Date | undefined {
  if (headers.get("x-ratelimit-remaining") !== "0") return undefined;
  const reset = secondsOf(headers, "x-ratelimit-reset");
  const pauseSeconds = reset === undefined ? usualSeconds : reset - now.getTime() / 1000;
  return after(now, pauseSeconds);
}

function limitedUntil(status: number, headers: Headers, now: Date): Date | undefined {
  if (status !== 403 && status !== 429) return undefined;
  const retryAfter = secondsOf(headers, "retry-after");
  if (retryAfter !== undefined) return after(now, retryAfter);
  return exhaustedUntil(headers, now) ?? (status === 429 ? after(now, usualSeconds) : undefined);
}

function after(now: Date, seconds: number): Date {
  return new Date(now.getTime() + Math.min(Math.max(seconds, 1), maxPauseSeconds) * 1000);
}

function secondsOf(headers: Headers, name: string): number | undefined {
  const text = headers.get(name) ?? "";
  return /^\d{1,12}$/.test(text) ? Number(text) : undefined;
}
