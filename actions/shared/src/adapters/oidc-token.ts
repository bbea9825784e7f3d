import { readFile } from "node:fs/promises";
import { z } from "zod";
import { ActionError } from "../action-error.ts";
import { backoffMs } from "../backoff.ts";
import { oneLine } from "../one-line.ts";
import type { Clock } from "../ports/clock.ts";
import { fetchThroughProxy } from "./proxy.ts";

export interface IdToken {
  readonly jwt: string;
  /** Seconds that the token service's clock is ahead of this machine's; 0 when it does not say. */
  readonly skewSeconds: number;
}

export interface TokenSource {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly mask: (value: string) => void;
  readonly log: (line: string) => void;
  readonly clock: Clock;
  readonly random: () => number;
  /** For one request, its body included. */
  readonly timeoutMs?: number;
}

const maxTries = 5;
const waits = { baseMs: 1_000, capMs: 8_000 };
const answer = z.object({ value: z.string().min(1) });

class TokenFault extends Error {
  readonly retry: boolean;

  constructor(message: string, retry: boolean, cause?: unknown) {
    super(message, { cause });
    this.retry = retry;
  }
}

/** A fresh token of this job for the audience, masked. Five tries of five seconds; throws ActionError. */
export async function requestIdToken(audience: string, source: TokenSource): Promise<IdToken> {
  const { env, clock, log, random } = source;
  const url = env["ACTIONS_ID_TOKEN_REQUEST_URL"];
  const secret = env["ACTIONS_ID_TOKEN_REQUEST_TOKEN"];
  if (!url || !secret) throw await missingPermission(env);
  fetchThroughProxy(env);
  for (let attempt = 1; ; attempt++) {
    try {
      return await requestOnce({ url: withAudience(url, audience), secret }, source);
    } catch (error) {
      if (!(error instanceof TokenFault)) throw error;
      if (!error.retry || attempt === maxTries) throw noToken(error, attempt);
      const waitMs = backoffMs(attempt, waits, random);
      log(`GitHub gave no OIDC token: ${error.message}. Trying again in ${(waitMs / 1000).toFixed(1)} s.`);
      await clock.sleep(waitMs);
    }
  }
}

function withAudience(text: string, audience: string): URL {
  if (!URL.canParse(text))
    throw new ActionError("ACTIONS_ID_TOKEN_REQUEST_URL is not a URL", {
      hint: "The runner sets it; no step may change it.",
    });
  const url = new URL(text);
  url.searchParams.set("audience", audience);
  return url;
}

async function requestOnce(
  request: { readonly url: URL; readonly secret: string },
  source: TokenSource,
): Promise<IdToken> {
  const { status, date, text } = await fetchText(request, source.timeoutMs ?? 5_000);
  if (status !== 200) {
    const retry = status === 403 || status === 408 || status === 429 || status >= 500;
    throw new TokenFault(`HTTP ${status}: ${oneLine(messageOf(text), 200)}`, retry);
  }
  const parsed = answer.safeParse(jsonOf(text));
  if (!parsed.success) throw new TokenFault("the answer is not JSON with a `value`", true);
  source.mask(parsed.data.value);
  const skewMs = date === null ? 0 : Date.parse(date) - source.clock.now().getTime();
  return { jwt: parsed.data.value, skewSeconds: Number.isNaN(skewMs) ? 0 : Math.round(skewMs / 1000) };
}

async function fetchText({ url, secret }: { readonly url: URL; readonly secret: string }, timeoutMs: number) {
  try {
    const response = await fetch(url, {
      headers: { authorization: `Bearer ${secret}`, accept: "application/json" },
      redirect: "error",
      signal: AbortSignal.timeout(timeoutMs),
    });
    return { status: response.status, date: response.headers.get("date"), text: await response.text() };
  } catch (error) {
    throw new TokenFault(socketMessage(error, timeoutMs), true, error);
  }
}

function socketMessage(error: unknown, timeoutMs: number): string {
  if (error instanceof Error && error.name === "TimeoutError")
    return `no answer within ${timeoutMs / 1000} s`;
  const inner = error instanceof Error && error.cause instanceof Error ? error.cause : error;
  return oneLine(inner instanceof Error ? inner.message : String(inner), 200);
}

/** The error text of the token service; of a page in HTML only that it is one. */
function messageOf(text: string): string {
  const parsed = z.object({ message: z.string() }).safeParse(jsonOf(text));
  if (parsed.success) return parsed.data.message;
  return /^\s*</.test(text) ? "an HTML page" : text;
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function noToken(fault: TokenFault, tries: number): ActionError {
  const times = tries === 1 ? "" : ` after ${tries} tries`;
  return new ActionError(`GitHub's token service gave no OIDC token${times}: ${fault.message}`, {
    hint: "It is GitHub's service (or a proxy before it) that failed, not AWS; run the job again, and see githubstatus.com.",
    cause: fault.cause,
  });
}

async function missingPermission(env: TokenSource["env"]): Promise<ActionError> {
  const fork = await forkOf(env["GITHUB_EVENT_PATH"]);
  if (fork !== undefined)
    return new ActionError(
      `This run belongs to a pull request from the fork ${fork}: GitHub gives it no OIDC token, and no secrets`,
      {
        hint: "It cannot have AWS credentials. Someone with write access can push the branch to this repository after a review.",
      },
    );
  const dependabot = env["GITHUB_ACTOR"] === "dependabot[bot]";
  return new ActionError("The job has no OIDC token: `permissions: id-token: write` is missing", {
    hint: dependabot
      ? "Dependabot's runs get a read-only token and no secrets, like those of a fork; they are not planned."
      : "Add `permissions: { id-token: write, contents: read }` to the job; a reusable workflow needs it in its caller too.",
  });
}

const pullRequestEvent = z.object({
  pull_request: z.object({
    head: z.object({ repo: z.object({ full_name: z.string() }).nullable() }),
    base: z.object({ repo: z.object({ full_name: z.string() }) }),
  }),
});

/** Name of the fork that a pull request comes from. It only words an error, so a file that cannot be read is none. */
async function forkOf(eventPath: string | undefined): Promise<string | undefined> {
  const text = eventPath === undefined ? "" : await readFile(eventPath, "utf8").catch(() => "");
  const event = pullRequestEvent.safeParse(jsonOf(text));
  if (!event.success) return undefined;
  const { head, base } = event.data.pull_request;
  const from = head.repo?.full_name ?? "(deleted)";
  return from === base.repo.full_name ? undefined : oneLine(from, 140);
}
