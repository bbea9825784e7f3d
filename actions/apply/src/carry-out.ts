import { ActionError } from "../../shared/src/action-error.ts";
import type { RecordStore, Stack } from "../../shared/src/contracts/stack-map.ts";
import { type PlannedStack, type PlanningDeps } from "../../shared/src/planned-stack.ts";
import type { Credentials } from "../../shared/src/ports/credentials.ts";
import { keepState, rescueHint } from "../../shared/src/rescue.ts";
import { retryLocked } from "../../shared/src/retry-locked.ts";
import type { ShardDeps } from "../../shared/src/stack-run.ts";
import type { StateIdentity } from "../../shared/src/terraform.ts";
import type { InFlight } from "./apply-stack.ts";
import type { Inputs } from "./inputs.ts";

export interface CarryOut {
  readonly stack: Stack;
  readonly planned: PlannedStack;
  readonly inputs: Inputs;
  readonly place: RecordStore;
  readonly credentials: Credentials | undefined;
  readonly deps: ShardDeps &
    PlanningDeps & {
      readonly credentials: (stack: Stack) => Promise<Credentials | undefined>;
      readonly inFlight: (stack: Stack | undefined, at?: InFlight) => void;
    };
}

/** Terraform gets its interrupt this long before its credentials end, to write its state with them. */
const reserveSeconds = 120;
const shortestSeconds = 60;
/** Credentials that have lost more than this to waiting and planning are taken anew. */
const spentSeconds = 300;

/** Applies the plan file, and holds the state to having followed. Returns the state afterwards. */
export async function carryOut(work: CarryOut): Promise<StateIdentity | undefined> {
  const { stack, planned, deps, inputs } = work;
  const credentials = await lasting(work);
  const end = credentials && credentials.expiresAt.getTime() - reserveSeconds * 1000;
  if (deps.interrupted())
    throw new ActionError(`${stack.id}: nothing was applied, because the job was cancelled`);
  deps.inFlight(stack, { phase: "apply", before: planned.state });
  try {
    await retryLocked(
      (seconds) =>
        planned.session.apply({
          lockTimeoutSeconds: seconds,
          credentials,
          ...(end === undefined ? {} : { limitSeconds: (end - deps.clock.now().getTime()) / 1000 }),
        }),
      { ...deps, limitSeconds: inputs["lock-timeout-seconds"] },
    );
  } catch (error) {
    await rescue(error, { ...work, credentials });
    deps.inFlight(undefined);
    throw error;
  }
  deps.inFlight(undefined);
  return verifyState(work);
}

/** Credentials that outlive the apply, as long as the job's time limit is what `timeout-minutes` says. */
async function lasting({ stack, deps, inputs, credentials }: CarryOut): Promise<Credentials | undefined> {
  if (credentials === undefined) return undefined;
  const left = ({ expiresAt }: Credentials) => (expiresAt.getTime() - deps.clock.now().getTime()) / 1000;
  const fresh = left(credentials) > inputs["duration-seconds"] - spentSeconds;
  const lasting = fresh ? credentials : ((await deps.credentials(stack)) ?? credentials);
  if (left(lasting) >= reserveSeconds + shortestSeconds) return lasting;
  throw new ActionError(
    `${stack.id}: nothing was applied, because its credentials end in ${Math.round(left(lasting))} s`,
    {
      hint: "Raise duration-seconds, and the role's maximum session duration with it.",
    },
  );
}

/** A state that Terraform could not write is kept before anything else happens. */
async function rescue(error: unknown, { stack, planned, place, credentials, deps }: CarryOut): Promise<void> {
  const text = await planned.session.strandedState?.();
  if (text === undefined) return;
  const store = await deps.openStore(place, credentials);
  const rescue = { stack, place, store, run: deps.context.run, clock: deps.clock };
  const kept = await keepState(text, rescue).catch((cause: unknown) => {
    throw new ActionError(
      `${stack.id}: Terraform could write its state nowhere, and neither could this step. ${messageOf(error)}`,
      {
        hint: "The post step tries once more. Until then the state is in this job's temporary folder alone.",
        cause,
      },
    );
  });
  await planned.session.discardStranded?.();
  throw new ActionError(
    `${stack.id}: Terraform could not write the state of what it did; it is kept in ${kept}. ${messageOf(error)}`,
    { hint: rescueHint, cause: error },
  );
}

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

/** A state that did not follow the apply is no success, whatever Terraform's exit code. */
async function verifyState({ stack, planned }: CarryOut): Promise<StateIdentity | undefined> {
  const { state, readState } = planned;
  const after = await readState();
  const follows =
    after !== undefined &&
    (state === undefined || (after.lineage === state.lineage && after.serial >= state.serial));
  if (follows) return after;
  throw new ActionError(`${stack.id}: Terraform applied, but the state in S3 is not the one that follows`, {
    hint: `Compare the versions of s3://${stack.backend.bucket}/${stack.backend.key} before anything else is applied.`,
  });
}
