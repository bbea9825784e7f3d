import { FailedWithOutputs } from "../../shared/src/action.ts";
import { type StackBackend, type StackMap, stateKey } from "../../shared/src/contracts/stack-map.ts";
import { type Attribution, attributedReader } from "../../shared/src/lock-attribution.ts";
import { describeLock } from "../../shared/src/lock-description.ts";
import { chooseLockTarget, type LockTarget } from "../../shared/src/lock-target.ts";
import type { Clock } from "../../shared/src/ports/clock.ts";
import type { AssumeRole, Credentials } from "../../shared/src/ports/credentials.ts";
import type { LockState } from "../../shared/src/ports/locks.ts";
import { sessionName } from "../../shared/src/session-name.ts";
import { planSessionPolicy } from "../../shared/src/session-policy.ts";
import { type DigestFinding, explainDigest, settledDigest } from "../../shared/src/state-digest.ts";
import { LockHeldError, waitForLock } from "../../shared/src/wait-for-lock.ts";
import type { Inputs } from "./inputs.ts";

export interface Deps {
  readonly readMap: (path: string) => Promise<StackMap>;
  readonly assumeRole: AssumeRole;
  readonly lockReader: (options: {
    readonly credentials: Credentials | undefined;
  }) => (backend: StackBackend) => Promise<LockState>;
  /** Which runs may hold the locks of a stack. */
  readonly attribution: (
    known: NonNullable<LockTarget["known"]>,
    credentials: Credentials | undefined,
  ) => Attribution;
  readonly readDigest: (
    backend: StackBackend,
    credentials: Credentials | undefined,
  ) => Promise<DigestFinding>;
  /** What names the session: repository, run, job. */
  readonly origin: readonly string[];
  readonly clock: Clock;
  readonly log: (line: string) => void;
  /** Adds a line to the job's summary. */
  readonly summary: (line: string) => Promise<void>;
}

export const outputNames = ["status", "holders", "reason", "digest"] as const;

type Outputs = Record<(typeof outputNames)[number], string>;

/** Reads the locks of one state. Sets its outputs also when it fails. */
export async function run(inputs: Inputs, deps: Deps): Promise<Outputs> {
  const target = await chooseLockTarget(inputs, deps.readMap);
  const credentials = await credentialsFor(inputs, target, deps);
  const state = await waitForLock(readerOf(target, credentials, deps), {
    ...deps.clock,
    mode: inputs.mode,
    limitSeconds: inputs["timeout-seconds"],
    log: deps.log,
  }).catch((error: unknown) => {
    if (error instanceof LockHeldError) return error;
    throw error;
  });
  const found = state instanceof LockHeldError ? state.state : state;
  await tell(found, target.backend, deps);
  const readDigest = () => deps.readDigest(target.backend, credentials);
  const digest = await (found.status === "free" ? settledDigest(readDigest, deps.clock) : readDigest());
  const outputs = outputsOf(found, digest);
  const explained = explainDigest(digest, target.backend);
  if (explained !== undefined) deps.log(`${explained.message}. ${explained.remedy}`);
  if (state instanceof LockHeldError)
    throw new FailedWithOutputs(state.message, outputs, { hint: state.hint ?? "" });
  if (explained?.blocking === true && inputs.mode !== "report")
    throw new FailedWithOutputs(explained.message, outputs, { hint: explained.remedy });
  return outputs;
}

function readerOf(
  { backend, known }: LockTarget,
  credentials: Credentials | undefined,
  { lockReader, attribution, clock, log }: Deps,
): () => Promise<LockState> {
  const read = lockReader({ credentials });
  const plain = () => read(backend);
  return known === undefined
    ? plain
    : attributedReader(plain, attribution(known, credentials), { now: clock.now, log });
}

async function credentialsFor(
  inputs: Inputs,
  target: LockTarget,
  deps: Deps,
): Promise<Credentials | undefined> {
  const { known } = target;
  const roleArn = inputs["role-to-assume"] ?? (inputs.assume ? known?.stack.planRole : undefined);
  if (roleArn === undefined) return undefined;
  const waitSeconds = inputs.mode === "wait" ? inputs["timeout-seconds"] : 0;
  return deps.assumeRole({
    roleArn,
    region: target.backend.region,
    sessionName: sessionName(...deps.origin),
    durationSeconds: Math.max(900, waitSeconds + 300),
    sessionPolicy: known && planSessionPolicy(known.stack, known.map.store),
  });
}

async function tell(state: LockState, backend: StackBackend, { clock, log, summary }: Deps): Promise<void> {
  const line = describeLock(state, clock.now());
  log(`${line} (s3://${backend.bucket}/${stateKey(backend)})`);
  await summary(`State lock of \`${backend.bucket}/${stateKey(backend)}\`: ${state.status}`);
}

function outputsOf(state: LockState, digest: DigestFinding): Outputs {
  return {
    status: state.status,
    holders: JSON.stringify(state.status === "held" ? state.holders : []),
    reason: state.status === "unknown" ? state.reason : "",
    digest: digest.status,
  };
}
