import { ActionError } from "../../shared/src/action-error.ts";
import type { RecordStore, Stack, StackMap } from "../../shared/src/contracts/stack-map.ts";
import type { StackResult } from "../../shared/src/contracts/stack-result.ts";
import { readMarker, type StoredMarker } from "../../shared/src/deployment-marker.ts";
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
import { readRecords } from "../../shared/src/record-store.ts";
import { retryLocked } from "../../shared/src/retry-locked.ts";
import type { ShardDeps, Timer } from "../../shared/src/stack-run.ts";
import type { StateIdentity } from "../../shared/src/terraform.ts";
import { waitForLock } from "../../shared/src/wait-for-lock.ts";
import type { Inputs } from "./inputs.ts";
import { ageOf, type History, noteDeployment } from "./marker.ts";
import { review, type Verdict } from "./review.ts";

export interface ApplyDeps {
  readonly map: StackMap;
  /** Credentials of the stack's apply role; undefined: whatever the environment has. */
  readonly credentials: (stack: Stack) => Promise<Credentials | undefined>;
  readonly readLock: (stack: Stack, credentials: Credentials | undefined) => Promise<LockState>;
  readonly history: History;
  /** Told before Terraform begins to write and after it ended, so that the post step knows. */
  readonly inFlight: (stack: Stack | undefined) => void;
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
  const lockTimeoutSeconds = inputs["lock-timeout-seconds"];
  await time("lock", () => awaitLock(opened));
  const planning = { stack, operation: inputs.operation, credentials, lockTimeoutSeconds };
  await withPlannedStack({ planning, draft, time }, deps, async (planned) => {
    if (isEmpty(planned.plan)) {
      await noteDone(opened, planned, planned.state);
      return;
    }
    const verdict = await time("compare", () => hold(opened, planned));
    if (!mayApply(opened, verdict)) return;
    const after = await applyPlan(opened, planned);
    noteState(draft, stack, after);
    await noteDone(opened, planned, after);
    draft.status = "applied";
  });
}

async function isOutdated({ stack, draft, deps, marker, inputs }: Opened): Promise<boolean> {
  const { commit } = deps.context;
  const age = await ageOf(commit, marker, deps.history);
  const deployed = marker?.marker.commit ?? "";
  if (age === "unrelated" && inputs["reviewed-in"] === "records")
    throw new ActionError(
      `${stack.id}: ${commit} and what is deployed, ${deployed}, are on different branches`,
      {
        hint: "Nothing was applied. Merge the one into the other, or apply by hand, where a person approves the plan.",
      },
    );
  if (age !== "older") return false;
  draft.status = "outdated";
  deps.log(`${stack.id}: the newer commit ${deployed} is deployed already; nothing to do`);
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

async function hold({ stack, store, inputs, deps }: Opened, planned: PlannedStack): Promise<Verdict> {
  const records = await readRecords(store, stack.id, planned.digest);
  const found = { stack, operation: inputs.operation, plan: planned.plan, state: planned.state };
  const runId = deps.context.run.id;
  return review(found, records, inputs["reviewed-in"] === "run" ? { in: "run", runId } : { in: "records" });
}

/** Notes the verdict in the result. True: go on. */
function mayApply({ stack, draft, inputs }: Opened, verdict: Verdict): boolean {
  if (verdict.status === "reviewed") {
    draft.alreadyDone = verdict.alreadyDone;
    return true;
  }
  const byHand = "To go on, let operate plan the stack, and approve exactly that plan there.";
  if (verdict.status === "refused") {
    draft.status = "refused";
    draft.differences = verdict.differences;
    const reviewed =
      verdict.record.pullRequest === undefined ? "this run" : `pull request #${verdict.record.pullRequest}`;
    draft.error = {
      message: `${stack.id}: nothing was applied, because the plan is no longer what was reviewed in ${reviewed}: ${verdict.differences[0] ?? ""}`,
      hint: `The configuration is the same, so what is deployed has changed since. ${byHand}`,
    };
    return false;
  }
  const byRun = inputs["reviewed-in"] === "run";
  if (!byRun && stack.environment.unreviewed === "apply") return true;
  draft.status = "unreviewed";
  draft.error = {
    message: byRun
      ? `${stack.id}: nothing was applied, because no job of this run planned it in this configuration`
      : `${stack.id}: nothing was applied, because no pull request has a plan of this configuration`,
    hint:
      stack.environment.unreviewed === "refuse"
        ? "Open a pull request that has it planned and reviewed."
        : byHand,
  };
  return false;
}

const shortestTimeSeconds = 120;

async function applyPlan(opened: Opened, planned: PlannedStack): Promise<StateIdentity | undefined> {
  const { stack, time, deps, inputs, credentials } = opened;
  const left = credentials && (credentials.expiresAt.getTime() - deps.clock.now().getTime()) / 1000;
  if (left !== undefined && left < shortestTimeSeconds)
    throw new ActionError(
      `${stack.id}: nothing was applied, because its credentials end in ${Math.round(left)} s`,
      {
        hint: "Raise duration-seconds, and the role's maximum session duration with it, or lower lock-timeout-seconds.",
      },
    );
  if (deps.interrupted())
    throw new ActionError(`${stack.id}: nothing was applied, because the job was cancelled`);
  deps.inFlight(stack);
  await time("apply", () =>
    retryLocked((seconds) => planned.session.apply({ lockTimeoutSeconds: seconds }), {
      ...deps,
      limitSeconds: inputs["lock-timeout-seconds"],
    }),
  );
  deps.inFlight(undefined);
  return verifyState(opened, planned);
}

/** A state that did not follow the apply is no success, whatever Terraform's exit code. */
async function verifyState(
  { stack }: Opened,
  { state, readState }: PlannedStack,
): Promise<StateIdentity | undefined> {
  const after = await readState();
  const follows =
    after !== undefined &&
    (state === undefined || (after.lineage === state.lineage && after.serial >= state.serial));
  if (follows) return after;
  throw new ActionError(`${stack.id}: Terraform applied, but the state in S3 is not the one that follows`, {
    hint: `Compare the versions of s3://${stack.backend.bucket}/${stack.backend.key} before anything else is applied.`,
  });
}

async function noteDone(
  { stack, deps, inputs, store, marker }: Opened,
  { digest }: PlannedStack,
  state: StateIdentity | undefined,
): Promise<void> {
  const { commit, run } = deps.context;
  const fresh = {
    version: 1 as const,
    stack: stack.id,
    digest,
    commit,
    operation: inputs.operation,
    ...(state === undefined ? {} : { serial: state.serial }),
    run: { id: run.id, attempt: run.attempt },
    appliedAt: deps.clock.now().toISOString(),
  };
  if (!(await noteDeployment({ store, marker: fresh, read: marker }, deps.history)))
    deps.log(`${stack.id}: a newer run has written the deployment marker meanwhile; it stays`);
}
