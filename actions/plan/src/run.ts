import { FailedWithOutputs } from "../../shared/src/action.ts";
import type { Stack, StackMap } from "../../shared/src/contracts/stack-map.ts";
import type { StackResult } from "../../shared/src/contracts/stack-result.ts";
import { jobReport } from "../../shared/src/job-report.ts";
import { describeLock } from "../../shared/src/lock-description.ts";
import { makePlanRecord } from "../../shared/src/plan-record.ts";
import { type PlannedStack, type PlanningDeps, withPlannedStack } from "../../shared/src/planned-stack.ts";
import type { Credentials } from "../../shared/src/ports/credentials.ts";
import type { LockState } from "../../shared/src/ports/locks.ts";
import { writeRecord } from "../../shared/src/record-store.ts";
import {
  chooseStacks,
  failureOf,
  runShard,
  type ShardDeps,
  succeeded,
  type Timer,
} from "../../shared/src/stack-run.ts";
import { waitForLock } from "../../shared/src/wait-for-lock.ts";
import type { Inputs } from "./inputs.ts";
import { type QueuedStack, whyUnreviewed } from "./queue.ts";

export interface Deps extends ShardDeps, PlanningDeps {
  readonly map: StackMap;
  /** Credentials of the stack's plan role; undefined: whatever the environment has. */
  readonly credentials: (stack: Stack) => Promise<Credentials | undefined>;
  readonly readLock: (stack: Stack, credentials: Credentials | undefined) => Promise<LockState>;
  readonly treeOf: (commit: string) => Promise<string>;
  readonly providerLock: (stack: Stack) => Promise<string | undefined>;
  readonly history: QueuedStack["history"];
  readonly concerns: QueuedStack["concerns"];
  /** 32 random bytes, hex. */
  readonly randomKey: () => string;
  readonly summary: (markdown: string) => Promise<void>;
}

export const outputNames = ["results", "changes", "failed"] as const;

/**
 * Plans every stack of the shard, one after the other, going on past those that fail. Plans take no lock and
 * write nothing but a record of what they would do.
 */
export async function run(inputs: Inputs, deps: Deps): Promise<Record<(typeof outputNames)[number], string>> {
  const stacks = chooseStacks(deps.map, inputs.stacks, inputs.operation);
  const terraform = await deps.terraform.version();
  const results = await runShard(
    { stacks, operation: inputs.operation === "destroy" ? "destroy" : "plan", ordered: false },
    (stack, draft, time) => planStack({ stack, draft, time, terraform }, inputs, deps),
    deps,
  );
  await deps.summary(jobReport(results));
  const failed = results.filter((result) => !succeeded(result));
  const outputs = {
    results: inputs.results,
    changes: namesOf(results.filter((result) => result.status === "changes")),
    failed: namesOf(failed),
  };
  if (failed.length > 0) throw new FailedWithOutputs(failureOf(failed), outputs);
  return outputs;
}

function namesOf(results: readonly StackResult[]): string {
  return results.map((result) => result.stack).join(" ");
}

interface Job {
  readonly stack: Stack;
  readonly draft: StackResult;
  readonly time: Timer;
  readonly terraform: string;
}

async function planStack(job: Job, inputs: Inputs, deps: Deps): Promise<void> {
  const { stack, draft, time } = job;
  const credentials = await time("credentials", () => deps.credentials(stack));
  await time("lock", () => lookAtLock(job, credentials, { inputs, deps }));
  if (inputs["reviewed-only"] && !(await wasReviewed(job, credentials, deps))) return;
  const planning = { stack, operation: inputs.operation, credentials, lockTimeoutSeconds: undefined };
  await withPlannedStack({ planning, draft, time }, deps, async (planned) => {
    if (inputs.record) await time("record", () => record(job, { planned, credentials, inputs }, deps));
    await noteMoved(draft, planned);
  });
}

async function wasReviewed(
  { stack, draft, time }: Job,
  credentials: Credentials | undefined,
  deps: Deps,
): Promise<boolean> {
  const { base, commit } = deps.context;
  const { history, concerns } = deps;
  draft.digest = await deps.digest(stack);
  const store = await deps.openStore(deps.map.store, credentials);
  const queued = { stack, digest: draft.digest, base, commit, store, history, concerns };
  const why = await time("records", () => whyUnreviewed(queued));
  if (why === undefined) return true;
  draft.status = "unreviewed";
  draft.error = {
    message: `${stack.id}: ${why}`,
    hint: "Merging would leave it undeployed. Bring the pull request up to date with its base, so that it is planned on what is merged before it, and queue it again.",
  };
  return false;
}

/** Somebody applied while this plan was made. */
async function noteMoved(draft: StackResult, { state, readState }: PlannedStack): Promise<void> {
  const now = await readState();
  if (now?.lineage === state?.lineage && now?.serial === state?.serial) return;
  draft.outdated = "its state changed while it was planned";
}

async function lookAtLock(
  { stack, draft }: Job,
  credentials: Credentials | undefined,
  { inputs, deps }: { readonly inputs: Inputs; readonly deps: Deps },
): Promise<void> {
  const state = await waitForLock(() => deps.readLock(stack, credentials), {
    mode: inputs.lock,
    limitSeconds: inputs["lock-timeout-seconds"],
    log: deps.log,
    now: () => deps.clock.now(),
    sleep: (milliseconds) => deps.clock.sleep(milliseconds),
  });
  if (state.status === "free") return;
  deps.log(`${stack.id}: ${describeLock(state, deps.clock.now())}`);
  if (state.status === "held") draft.outdated = "its state was locked, so that something was changing it";
}

interface Found {
  readonly planned: PlannedStack;
  readonly credentials: Credentials | undefined;
  readonly inputs: Inputs;
}

async function record(
  { stack, terraform }: Job,
  { planned, credentials, inputs }: Found,
  deps: Deps,
): Promise<void> {
  const { commit, head, base, pullRequest, run } = deps.context;
  const { bucket, key, workspace } = stack.backend;
  const providerLock = await deps.providerLock(stack);
  const header = {
    stack: stack.id,
    operation: inputs.operation,
    backend: { bucket, key, workspace },
    digest: planned.digest,
    tree: await deps.treeOf(commit),
    commit,
    head,
    ...(base === undefined ? {} : { base }),
    ...(pullRequest === undefined ? {} : { pullRequest }),
    ...(planned.state === undefined ? {} : { state: planned.state }),
    terraform,
    ...(providerLock === undefined ? {} : { providerLock }),
    run: { id: run.id, attempt: run.attempt, workflow: run.workflow },
    createdAt: deps.clock.now().toISOString(),
    key: deps.randomKey(),
  };
  await writeRecord(await deps.openStore(deps.map.store, credentials), makePlanRecord(planned.plan, header));
}
