import { ActionError } from "../../shared/src/action-error.ts";
import { type Attribution, attributeHolders, describeRun } from "../../shared/src/lock-attribution.ts";
import type { HolderRun, LockHolder } from "../../shared/src/ports/locks.ts";

/** Runs that a lock may belong to; `doubt` says why they do not tell that its holder is over. */
export interface HoldingRuns {
  readonly runs: readonly HolderRun[];
  readonly doubt: string | undefined;
}

/** Without an attribution, or a run that fits, nobody can say that the holder is over. */
export async function holdingRuns(
  holder: LockHolder,
  attribution: Attribution | undefined,
): Promise<HoldingRuns> {
  if (attribution === undefined)
    return { runs: [], doubt: "the state is in no stack map, so no run can be found that holds it" };
  try {
    const [attributed] = await attributeHolders([holder], attribution);
    const runs = attributed?.runs ?? [];
    return { runs, doubt: doubtOf(runs) };
  } catch (error) {
    if (!(error instanceof ActionError)) throw error;
    return { runs: [], doubt: `which run holds it is not known: ${error.message}` };
  }
}

function doubtOf(runs: readonly HolderRun[]): string | undefined {
  if (runs.length === 0)
    return "no run has noted itself on that machine before the lock was made; it may have been taken by hand, or by another workflow";
  const open = runs.filter(({ status }) => status !== "over");
  return open.length === 0 ? undefined : `it may belong to ${open.map(describeRun).join("; ")}`;
}
