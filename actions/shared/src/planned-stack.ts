import { type RecordStore, type Stack, stateKey } from "./contracts/stack-map.ts";
import type { StackResult } from "./contracts/stack-result.ts";
import { trippedGuards } from "./guards.ts";
import { isEmpty, type Plan } from "./plan-json.ts";
import type { Clock } from "./ports/clock.ts";
import type { Credentials } from "./ports/credentials.ts";
import type { ObjectStore } from "./ports/object-store.ts";
import type { Terraform, TerraformSession } from "./ports/terraform.ts";
import { renderPlan } from "./render-plan.ts";
import { retryLocked } from "./retry-locked.ts";
import type { Timer } from "./stack-run.ts";
import { type Operation, type StateIdentity, stateIdentity } from "./terraform.ts";

/** What plan and apply do alike: open a stack's folder, plan it, and put the plan into the result. */

export interface PlanningDeps {
  readonly terraform: Terraform;
  readonly openStore: (place: RecordStore, credentials: Credentials | undefined) => Promise<ObjectStore>;
  readonly digest: (stack: Stack) => Promise<string>;
  /** Notes that this run will take a stack's lock; what it returns takes the note back. */
  readonly noteWriter?: (stack: Stack, credentials: Credentials | undefined) => Promise<() => Promise<void>>;
  readonly clock: Clock;
  readonly log: (line: string) => void;
}

export interface Planning {
  readonly stack: Stack;
  readonly operation: Operation;
  readonly credentials: Credentials | undefined;
  /** Undefined: the plan takes no lock. */
  readonly lockTimeoutSeconds: number | undefined;
}

export interface PlannedStack {
  readonly plan: Plan;
  readonly digest: string;
  /** State that was planned against; undefined before the first apply. */
  readonly state: StateIdentity | undefined;
  readonly session: TerraformSession;
  readonly readState: () => Promise<StateIdentity | undefined>;
}

/** Plans a stack and hands it to `use`; the session is closed afterwards in every case. */
export async function withPlannedStack(
  {
    planning,
    draft,
    time,
  }: { readonly planning: Planning; readonly draft: StackResult; readonly time: Timer },
  deps: PlanningDeps,
  use: (planned: PlannedStack) => Promise<void>,
): Promise<void> {
  const { stack, credentials } = planning;
  const session = await deps.terraform.open(stack, credentials);
  try {
    // Before init, which may write a lock file where there is none.
    const digest = await deps.digest(stack);
    draft.digest = digest;
    const states = await deps.openStore(stack.backend, credentials);
    const readState = async () => stateIdentity((await states.read(stateKey(stack.backend)))?.body);
    const state = await readState();
    noteState(draft, stack, state);
    await time("init", () => session.init({ newWorkspace: isNewWorkspace(planning, state) }));
    const takesLock = planning.lockTimeoutSeconds !== undefined;
    const dropNote = takesLock ? await deps.noteWriter?.(stack, credentials) : undefined;
    const plan = await planTimed({ planning, session, time }, deps);
    Object.assign(draft, renderPlan(plan), { status: isEmpty(plan) ? "no-changes" : "changes" });
    const trips = trippedGuards(plan, stack.guard);
    if (trips.length > 0) draft.guards = trips.map(({ rule, message }) => ({ rule, message }));
    await use({ plan, digest, state, session, readState });
    // After a failure the lock may have stayed, and the note with it.
    await dropNote?.();
  } finally {
    await session.close();
  }
}

export function noteState(draft: StackResult, stack: Stack, state: StateIdentity | undefined): void {
  if (state !== undefined) draft.state = { key: stateKey(stack.backend), ...state };
}

async function planTimed(
  {
    planning,
    session,
    time,
  }: { readonly planning: Planning; readonly session: TerraformSession; readonly time: Timer },
  deps: PlanningDeps,
): Promise<Plan> {
  const { operation, lockTimeoutSeconds } = planning;
  let planned = () => {};
  const plannedPromise = new Promise<void>((resolve) => {
    planned = resolve;
  });
  const attempt = (seconds: number | undefined) =>
    session.plan({ operation, lockTimeoutSeconds: seconds, onPlanned: planned });
  const plan =
    lockTimeoutSeconds === undefined
      ? attempt(undefined)
      : retryLocked(attempt, { ...deps, limitSeconds: lockTimeoutSeconds });
  await time("plan", () => Promise.race([plannedPromise, plan]));
  return time("show", () => plan);
}

/** For a workspace without a state Terraform writes an empty one before it plans, which a plan here never does. */
function isNewWorkspace({ stack, lockTimeoutSeconds }: Planning, state: StateIdentity | undefined): boolean {
  return stack.backend.workspace !== "default" && state === undefined && lockTimeoutSeconds === undefined;
}
