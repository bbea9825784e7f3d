import { ActionError } from "./action-error.ts";
import type { Stack, StackMap } from "./contracts/stack-map.ts";
import { noCounts, type StackResult } from "./contracts/stack-result.ts";
import type { Clock } from "./ports/clock.ts";
import type { RunContext } from "./ports/run-context.ts";
import { StateLockedError } from "./state-locked-error.ts";
import { didYouMean } from "./suggest.ts";
import type { Operation } from "./terraform.ts";
import { LockHeldError } from "./wait-for-lock.ts";

/** Works through a shard: one result per stack, written whatever happens to it. */

export interface ShardDeps {
  readonly context: RunContext;
  readonly clock: Clock;
  readonly log: (line: string) => void;
  readonly saveResult: (result: StackResult) => Promise<void>;
  /** True once the job is being cancelled. */
  readonly interrupted: () => boolean;
}

/** The stacks that an input names, in the order in which they depend on each other. */
export function chooseStacks(map: StackMap, ids: readonly string[], operation: Operation): Stack[] {
  if (ids.length === 0)
    throw new ActionError('input "stacks" is required and is empty', { hint: "Name at least one stack." });
  const known = [...map.stacks.keys()];
  const unknown = ids.find((id) => !map.stacks.has(id));
  if (unknown !== undefined)
    throw new ActionError(`input "stacks": the stack map has no stack ${JSON.stringify(unknown)}`, {
      hint: didYouMean(unknown, known),
    });
  const stacks = [...new Set(ids)].flatMap((id) => map.stacks.get(id) ?? []);
  const direction = operation === "destroy" ? -1 : 1;
  return stacks.sort((left, right) => direction * (left.wave - right.wave));
}

export interface Shard {
  readonly stacks: readonly Stack[];
  readonly operation: StackResult["operation"];
  /** True when a stack may not be worked on after the failure of one that it needs. */
  readonly ordered: boolean;
}

export type Work = (stack: Stack, draft: StackResult, time: Timer) => Promise<void>;

/** Runs a phase and notes how long it took, also when it fails. */
export type Timer = <Result>(phase: string, work: () => Promise<Result>) => Promise<Result>;

/** Statuses after which the stacks that come after this one must wait. */
const unsuccessful: readonly StackResult["status"][] = ["refused", "unreviewed", "locked", "failed"];

export function succeeded(result: StackResult): boolean {
  return !unsuccessful.includes(result.status);
}

export async function runShard(shard: Shard, work: Work, deps: ShardDeps): Promise<StackResult[]> {
  const results: StackResult[] = [];
  for (const stack of shard.stacks) {
    const draft = newResult(stack, shard.operation, deps.context);
    const blocker = shard.ordered ? blockerOf(stack, shard, results) : undefined;
    deps.log(`${stack.id}: ${shard.operation}`);
    try {
      if (deps.interrupted()) throw new ActionError(`${stack.id}: not begun, because the job was cancelled`);
      if (blocker !== undefined)
        throw new ActionError(`${stack.id}: not begun, because ${blocker} comes first and did not succeed`, {
          hint: `Mend ${blocker}, and run the job again.`,
        });
      await work(stack, draft, timerOf(draft, deps.clock));
    } catch (error) {
      noteFailure(draft, error);
      deps.log(draft.error?.message ?? "");
    }
    await deps.saveResult(draft);
    results.push(draft);
  }
  return results;
}

function newResult(
  stack: Stack,
  operation: StackResult["operation"],
  { commit, run }: RunContext,
): StackResult {
  return {
    version: 1,
    stack: stack.id,
    environment: stack.environment.name,
    operation,
    status: "failed",
    digest: "",
    commit,
    counts: { ...noCounts },
    changes: [],
    outputs: [],
    alreadyDone: [],
    differences: [],
    run: { id: run.id, attempt: run.attempt, url: run.url },
    timings: {},
  };
}

function noteFailure(draft: StackResult, error: unknown): void {
  const locked = error instanceof LockHeldError || error instanceof StateLockedError;
  draft.status = locked ? "locked" : "failed";
  const message = error instanceof Error ? error.message : String(error);
  const hint = error instanceof ActionError ? error.hint : undefined;
  draft.error = { message, ...(hint === undefined ? {} : { hint }) };
}

function timerOf(draft: StackResult, clock: Clock): Timer {
  return async (phase, work) => {
    const start = clock.now().getTime();
    try {
      return await work();
    } finally {
      draft.timings[phase] = (draft.timings[phase] ?? 0) + clock.now().getTime() - start;
    }
  };
}

/** A stack of this shard that did not succeed and that this one needs, directly or not. */
function blockerOf(
  stack: Stack,
  { stacks, operation }: Shard,
  results: readonly StackResult[],
): string | undefined {
  const failed = new Set(results.filter((result) => !succeeded(result)).map((result) => result.stack));
  if (operation !== "destroy") return [...neededBy(stack, stacks)].find((id) => failed.has(id));
  return stacks.find((other) => failed.has(other.id) && neededBy(other, stacks).has(stack.id))?.id;
}

function neededBy(stack: Stack, stacks: readonly Stack[]): Set<string> {
  const needed = new Set<string>();
  const waiting = [...stack.after];
  for (let id = waiting.pop(); id !== undefined; id = waiting.pop()) {
    if (needed.has(id)) continue;
    needed.add(id);
    waiting.push(...(stacks.find((other) => other.id === id)?.after ?? []));
  }
  return needed;
}

/** One line for each stack that did not succeed, for the end of a job. */
export function failureOf(results: readonly StackResult[]): string {
  return results
    .map(({ stack, status, error }) => {
      const message = error?.message ?? status;
      const named = message.includes(stack) ? message : `${stack}: ${message}`;
      return error?.hint === undefined ? named : `${named} (${error.hint})`;
    })
    .join("\n");
}
