import type { PlanRecord } from "../../shared/src/contracts/plan-record.ts";
import type { RecordStore, Stack, StackMap } from "../../shared/src/contracts/stack-map.ts";
import type { StackResult } from "../../shared/src/contracts/stack-result.ts";
import { readMarker, type StoredMarker } from "../../shared/src/deployment-marker.ts";
import { trippedGuards, wordLabel } from "../../shared/src/guards.ts";
import { isEmpty } from "../../shared/src/plan-json.ts";
import {
  noteState,
  type PlannedStack,
  type PlanningDeps,
  withPlannedStack,
} from "../../shared/src/planned-stack.ts";
import type { Credentials } from "../../shared/src/ports/credentials.ts";
import type { LockState } from "../../shared/src/ports/locks.ts";
import type { ObjectStore } from "../../shared/src/ports/object-store.ts";
import type { PullRequests } from "../../shared/src/ports/pull-requests.ts";
import { refuseWhileRescued } from "../../shared/src/rescue.ts";
import type { ShardDeps, Timer } from "../../shared/src/stack-run.ts";
import type { StateIdentity } from "../../shared/src/terraform.ts";
import { waitForLock } from "../../shared/src/wait-for-lock.ts";
import { carryOut } from "./carry-out.ts";
import { hold as holdToReviews } from "./hold.ts";
import type { Inputs } from "./inputs.ts";
import { type History, noteBegin, noteDeployment } from "./marker.ts";
import { whyOutdated } from "./outdated.ts";
import type { Verdict } from "./review.ts";
import { mayApply } from "./verdict.ts";
import { missingWord } from "./word.ts";

export interface ApplyDeps {
  readonly map: StackMap;
  /** Credentials of the stack's apply role; undefined: whatever the environment has. */
  readonly credentials: (stack: Stack) => Promise<Credentials | undefined>;
  readonly readLock: (stack: Stack, credentials: Credentials | undefined) => Promise<LockState>;
  readonly history: History;
  /** Head of main as the checkout knows it. */
  readonly mainHead: () => Promise<string | undefined>;
  /** Whether one of the files concerns the stack. */
  readonly concerns: (stack: Stack, files: readonly string[]) => Promise<boolean>;
  /** Told before Terraform begins to write and after it ended, so that the post step knows. */
  readonly inFlight: (stack: Stack | undefined, at?: InFlight) => void;
  /** Undefined: there is no token to ask GitHub with. */
  readonly pullRequests?: PullRequests | undefined;
}

/** What Terraform is at; it holds the lock in both. */
export interface InFlight {
  readonly phase: "plan" | "apply";
  /** The state before; undefined: there was none. */
  readonly before: StateIdentity | undefined;
}

interface Job {
  readonly stack: Stack;
  readonly draft: StackResult;
  readonly time: Timer;
}

interface Opened extends Job {
  readonly inputs: Inputs;
  readonly deps: ShardDeps & PlanningDeps & ApplyDeps;
  readonly credentials: Credentials | undefined;
  readonly store: ObjectStore;
  readonly marker: StoredMarker | undefined;
}

/** Plans afresh, and applies that very plan only if all of it was reviewed. */
export async function applyStack(job: Job, inputs: Inputs, deps: Opened["deps"]): Promise<void> {
  const { stack, draft, time } = job;
  const credentials = await time("credentials", () => deps.credentials(stack));
  const place: RecordStore = deps.map.store;
  const store = await deps.openStore(place, credentials);
  const marker = await readMarker(store, stack.id);
  const opened: Opened = { ...job, inputs, deps, credentials, store, marker };
  if (await isOutdated(opened)) return;
  await noteBegin(store, marker, { commit: deps.context.commit, run: runOf(deps) });
  await refuseWhileRescued(store, stack, place);
  const lockTimeoutSeconds = inputs["lock-timeout-seconds"];
  await time("lock", () => awaitLock(opened));
  const planning = { stack, operation: inputs.operation, credentials, lockTimeoutSeconds };
  let applying = false;
  deps.inFlight(stack, { phase: "plan", before: undefined });
  try {
    await withPlannedStack({ planning, draft, time }, deps, async (planned) => {
      // Another run may have deployed while this one waited and planned.
      const current: Opened = { ...opened, marker: await readMarker(store, stack.id) };
      if (await isOutdated(current)) return;
      if (isEmpty(planned.plan)) return noteDone(current, planned, planned.state);
      if (!(await isAllowed(current, planned))) return;
      applying = true;
      const work = { stack, planned, inputs, place, credentials, deps };
      const after = await time("apply", () => carryOut(work));
      noteState(draft, stack, after);
      await noteDone(current, planned, after);
      draft.status = "applied";
    });
  } finally {
    // An apply says so itself, once nothing of it is left to be done.
    if (!applying) deps.inFlight(undefined);
  }
}

function runOf({ context: { run } }: ShardDeps): { readonly id: string; readonly attempt: number } {
  return { id: run.id, attempt: run.attempt };
}

/** Notes in the result why not. */
async function isAllowed(opened: Opened, planned: PlannedStack): Promise<boolean> {
  const { stack, draft, time, inputs } = opened;
  const verdict = await time("compare", () => hold(opened, planned));
  const { secrets } = planned.plan;
  if (!mayApply({ stack, draft, verdict, secrets, byRun: inputs["reviewed-in"] === "run" })) return false;
  return isWorded(opened, planned, verdict.status === "reviewed" ? verdict.records : []);
}

async function isOutdated({ stack, draft, deps, marker, inputs }: Opened): Promise<boolean> {
  const why = await whyOutdated({
    stack: stack.id,
    commit: deps.context.commit,
    marker,
    history: deps.history,
    mainHead: await deps.mainHead(),
    concerns: (files) => deps.concerns(stack, files),
    byHand: inputs["reviewed-in"] === "run",
  });
  if (why === undefined) return false;
  draft.status = "outdated";
  draft.error = { message: `${stack.id}: ${why}` };
  deps.log(draft.error.message);
  return true;
}

async function awaitLock({ stack, credentials, deps, inputs }: Opened): Promise<void> {
  await waitForLock(() => deps.readLock(stack, credentials), {
    mode: "wait",
    limitSeconds: inputs["lock-timeout-seconds"],
    log: deps.log,
    now: () => deps.clock.now(),
    sleep: (milliseconds) => deps.clock.sleep(milliseconds),
  });
}

async function hold({ stack, store, marker, inputs, deps }: Opened, planned: PlannedStack): Promise<Verdict> {
  const runId = deps.context.run.id;
  const { commit } = deps.context;
  const { history, pullRequests, log } = deps;
  // On doubt a file concerns the stack: what nobody reviewed must not pass for something else's.
  const concerns = async (files: readonly string[]) =>
    files.includes(inputs.map) || (await deps.concerns(stack, files));
  return holdToReviews({
    found: { stack, operation: inputs.operation, plan: planned.plan, state: planned.state },
    digest: planned.digest,
    reviewedIn: inputs["reviewed-in"] === "run" ? { in: "run", runId } : { in: "records" },
    marker,
    range: { stack: stack.id, upTo: commit, store, history, pullRequests, log, concerns },
  });
}

/** True: nothing is guarded, or a person's word is there. An approved run is such a word. */
async function isWorded(
  { stack, draft, inputs, deps }: Opened,
  { plan }: PlannedStack,
  records: readonly PlanRecord[],
): Promise<boolean> {
  const trips = trippedGuards(plan, stack.guard);
  if (trips.length === 0) return true;
  if (inputs["reviewed-in"] === "run") return true;
  const missing = await missingWord({ trips, records, pullRequests: deps.pullRequests });
  if (missing === undefined) return true;
  draft.status = "refused";
  draft.error = {
    message: `${stack.id}: nothing was applied, because ${missing}. ${trips[0]?.message ?? ""}`,
    hint: `Who may push sets the label ${wordLabel} after having seen the plan, and runs this job again; or operate plans the stack, and a person approves it there.`,
  };
  return false;
}

async function noteDone(
  { stack, deps, inputs, store, marker }: Opened,
  { digest }: PlannedStack,
  state: StateIdentity | undefined,
): Promise<void> {
  const { commit } = deps.context;
  const fresh = {
    version: 1 as const,
    stack: stack.id,
    digest,
    commit,
    operation: inputs.operation,
    ...(state === undefined ? {} : { serial: state.serial }),
    run: runOf(deps),
    appliedAt: deps.clock.now().toISOString(),
  };
  if (!(await noteDeployment({ store, marker: fresh, read: marker }, deps.history)))
    deps.log(`${stack.id}: a newer run has written the deployment marker meanwhile; it stays`);
}
