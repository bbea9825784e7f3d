import { FailedWithOutputs } from "../../shared/src/action.ts";
import { ActionError } from "../../shared/src/action-error.ts";
import { type StackBackend, type StackMap, stateKey } from "../../shared/src/contracts/stack-map.ts";
import { describeLock } from "../../shared/src/lock-description.ts";
import { oneLine } from "../../shared/src/one-line.ts";
import type { Clock } from "../../shared/src/ports/clock.ts";
import type { AssumeRole, Credentials } from "../../shared/src/ports/credentials.ts";
import type { LockState } from "../../shared/src/ports/locks.ts";
import { sessionName } from "../../shared/src/session-name.ts";
import { planSessionPolicy } from "../../shared/src/session-policy.ts";
import { didYouMean } from "../../shared/src/suggest.ts";
import { LockHeldError, waitForLock } from "../../shared/src/wait-for-lock.ts";
import type { Inputs } from "./inputs.ts";

export interface Deps {
  readonly readMap: (path: string) => Promise<StackMap>;
  readonly assumeRole: AssumeRole;
  readonly lockReader: (options: {
    readonly credentials: Credentials | undefined;
  }) => (backend: StackBackend) => Promise<LockState>;
  /** What names the session: repository, run, job. */
  readonly origin: readonly string[];
  readonly clock: Clock;
  readonly log: (line: string) => void;
  /** Adds a line to the job's summary. */
  readonly summary: (line: string) => Promise<void>;
}

export const outputNames = ["status", "holders", "reason"] as const;

type Outputs = Record<(typeof outputNames)[number], string>;

/** Reads the locks of one state. Outputs `status`, `holders` and `reason`, also when it fails. */
export async function run(inputs: Inputs, deps: Deps): Promise<Outputs> {
  const target = await chooseTarget(inputs, deps.readMap);
  const read = deps.lockReader({ credentials: await credentialsFor(inputs, target, deps) });
  try {
    const state = await waitForLock(() => read(target.backend), {
      ...deps.clock,
      mode: inputs.mode,
      limitSeconds: inputs["timeout-seconds"],
      log: deps.log,
    });
    await tell(state, target.backend, deps);
    return outputsOf(state);
  } catch (error) {
    if (!(error instanceof LockHeldError)) throw error;
    await tell(error.state, target.backend, deps);
    throw new FailedWithOutputs(error.message, outputsOf(error.state), { hint: error.hint ?? "" });
  }
}

interface Target {
  readonly backend: StackBackend;
  /** Narrows the role that is assumed; undefined for a state that is in no map. */
  readonly sessionPolicy: string | undefined;
}

async function chooseTarget(inputs: Inputs, readMap: Deps["readMap"]): Promise<Target> {
  const { stack: id, bucket } = inputs;
  if (id !== undefined && bucket !== undefined)
    throw new ActionError("inputs `stack` and `bucket`: give one of them, not both", {
      hint: "`stack` takes bucket, key, region and table from the stack map.",
    });
  if (bucket !== undefined) return { backend: explicitBackend(bucket, inputs), sessionPolicy: undefined };
  if (id === undefined)
    throw new ActionError("input `stack` is required and is empty", {
      hint: "Name a stack of the stack map, or give `bucket`, `key` and `region`.",
    });
  const map = await readMap(inputs.map);
  const stack = map.stacks.get(id);
  if (stack === undefined)
    throw new ActionError(`input "stack": ${inputs.map} has no stack "${oneLine(id, 128)}"`, {
      hint: didYouMean(id, [...map.stacks.keys()]),
    });
  return { backend: stack.backend, sessionPolicy: planSessionPolicy(stack, map.store) };
}

function explicitBackend(bucket: string, { key, region, table, workspace }: Inputs): StackBackend {
  if (key === undefined || region === undefined)
    throw new ActionError(
      `input "${key === undefined ? "key" : "region"}" is required together with \`bucket\``,
      {
        hint: "Give the bucket, key and region of the backend's configuration.",
      },
    );
  return { bucket, key, region, table, workspace };
}

async function credentialsFor(inputs: Inputs, target: Target, deps: Deps): Promise<Credentials | undefined> {
  const roleArn = inputs["role-to-assume"];
  if (roleArn === undefined) return undefined;
  const waitSeconds = inputs.mode === "wait" ? inputs["timeout-seconds"] : 0;
  return deps.assumeRole({
    roleArn,
    region: target.backend.region,
    sessionName: sessionName(...deps.origin),
    durationSeconds: Math.max(900, waitSeconds + 300),
    sessionPolicy: target.sessionPolicy,
  });
}

async function tell(state: LockState, backend: StackBackend, { clock, log, summary }: Deps): Promise<void> {
  const line = describeLock(state, clock.now());
  log(`${line} (s3://${backend.bucket}/${stateKey(backend)})`);
  await summary(`State lock of \`${backend.bucket}/${stateKey(backend)}\`: ${state.status}`);
}

function outputsOf(state: LockState): Outputs {
  return {
    status: state.status,
    holders: JSON.stringify(state.status === "held" ? state.holders : []),
    reason: state.status === "unknown" ? state.reason : "",
  };
}
