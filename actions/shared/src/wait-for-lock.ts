import { ActionError } from "./action-error.ts";
import { backoffMs } from "./backoff.ts";
import { describeLock, lockHint } from "./lock-description.ts";
import type { Clock } from "./ports/clock.ts";
import type { LockState } from "./ports/locks.ts";

export const lockModes = ["fail", "wait", "report"] as const;
export type LockMode = (typeof lockModes)[number];

export interface WaitForLock extends Clock {
  /** fail: one look; wait: until free or the limit; report: one look, and never an error. */
  readonly mode: LockMode;
  readonly limitSeconds: number;
  readonly log: (line: string) => void;
  readonly random?: () => number;
}

/** The lock was not free (`unknown` included) when it had to be. */
export class LockHeldError extends ActionError {
  readonly state: Exclude<LockState, { status: "free" }>;

  constructor(state: Exclude<LockState, { status: "free" }>, message: string) {
    super(message, { hint: lockHint(state) });
    this.name = "LockHeldError";
    this.state = state;
  }
}

/** How often a held lock is looked at. */
export const lockPolling = { baseMs: 2_000, capMs: 15_000 };
const progressMs = 30_000;

/** Returns the state of the lock, in the modes fail and wait only once it is free. Throws LockHeldError. */
export async function waitForLock(read: () => Promise<LockState>, options: WaitForLock): Promise<LockState> {
  const { mode, limitSeconds, log, now, sleep, random = Math.random } = options;
  const start = now().getTime();
  const deadline = start + (mode === "wait" ? limitSeconds * 1000 : 0);
  let said = Number.NEGATIVE_INFINITY;
  let holder = "";
  for (let looks = 1; ; looks++) {
    const state = await read();
    const time = now().getTime();
    if (state.status === "free" || mode === "report") return state;
    if (time >= deadline)
      throw new LockHeldError(state, tooLong(state, now(), mode === "wait" ? time - start : 0));
    const identity = identityOf(state);
    if (identity !== holder || time - said >= progressMs) {
      log(`${describeLock(state, now())}. Waiting, for ${Math.ceil((deadline - time) / 1000)} s at most.`);
      [holder, said] = [identity, time];
    }
    await sleep(Math.min(backoffMs(looks, lockPolling, random), deadline - time));
  }
}

function tooLong(state: LockState, now: Date, waitedMs: number): string {
  const waited = waitedMs > 0 ? ` (waited ${Math.round(waitedMs / 1000)} s)` : "";
  return `${describeLock(state, now)}${waited}`;
}

function identityOf(state: LockState): string {
  return state.status === "held" ? state.holders.map((holder) => holder.id).join() : state.status;
}
