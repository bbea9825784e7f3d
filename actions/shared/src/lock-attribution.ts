import { ActionError } from "./action-error.ts";
import type { LockWriter } from "./contracts/lock-note.ts";
import { writersOf } from "./lock-note.ts";
import type { HolderRun, LockHolder, LockState } from "./ports/locks.ts";

/** What is needed to say which workflow run holds a lock, and whether it still runs. */
export interface Attribution {
  /** Throws ActionError when the note cannot be read. */
  readonly writers: () => Promise<readonly LockWriter[]>;
  /** Never throws. */
  readonly runStatus: (run: LockWriter["run"]) => Promise<Pick<HolderRun, "status" | "detail">>;
}

/** Adds to every holder the runs that it may be. */
export async function attributeHolders(
  holders: readonly LockHolder[],
  { writers, runStatus }: Attribution,
): Promise<LockHolder[]> {
  const noted = await writers();
  return Promise.all(
    holders.map(async (holder) => {
      const runs = writersOf(holder, noted).map(
        async ({ run }): Promise<HolderRun> => ({ ...run, ...(await runStatus(run)) }),
      );
      return { ...holder, runs: await Promise.all(runs) };
    }),
  );
}

const askAgainMilliseconds = 60_000;

/**
 * A lock reader that names the runs too. While the holder stays the same, GitHub is asked once a minute. That
 * the note cannot be read is logged and changes nothing else: it only words a message.
 */
export function attributedReader(
  read: () => Promise<LockState>,
  attribution: Attribution,
  { now, log }: { readonly now: () => Date; readonly log: (line: string) => void },
): () => Promise<LockState> {
  let known:
    | { readonly ids: string; readonly at: number; readonly holders: readonly LockHolder[] }
    | undefined;
  return async () => {
    const state = await read();
    if (state.status !== "held") return state;
    const ids = state.holders.map(({ id, kind }) => `${kind} ${id}`).join();
    const time = now().getTime();
    if (known === undefined || known.ids !== ids || time - known.at >= askAgainMilliseconds)
      known = { ids, at: time, holders: await attributed(state.holders, attribution, log) };
    return { status: "held", holders: known.holders };
  };
}

async function attributed(
  holders: readonly LockHolder[],
  attribution: Attribution,
  log: (line: string) => void,
): Promise<readonly LockHolder[]> {
  try {
    return await attributeHolders(holders, attribution);
  } catch (error) {
    if (!(error instanceof ActionError)) throw error;
    log(`Which run holds the lock is not known: ${error.message}`);
    return holders;
  }
}

/** Such as "workflow run https://… (attempt 2), which is over (cancelled)". */
export function describeRun({ url, attempt, status, detail }: HolderRun): string {
  const said = {
    running: "which still runs",
    over: "which is over",
    unknown: "of which it is not known whether it still runs",
  };
  return `workflow run ${url} (attempt ${attempt}), ${said[status]} (${detail})`;
}
