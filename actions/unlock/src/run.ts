import { FailedWithOutputs } from "../../shared/src/action.ts";
import { ActionError } from "../../shared/src/action-error.ts";
import type { StackBackend, StackMap } from "../../shared/src/contracts/stack-map.ts";
import { stateKey } from "../../shared/src/contracts/stack-map.ts";
import type { Attribution } from "../../shared/src/lock-attribution.ts";
import { describeLock } from "../../shared/src/lock-description.ts";
import { chooseLockTarget, type LockTarget } from "../../shared/src/lock-target.ts";
import type { Clock } from "../../shared/src/ports/clock.ts";
import type { AssumeRole, Credentials } from "../../shared/src/ports/credentials.ts";
import type { LockPlaces } from "../../shared/src/ports/lock-places.ts";
import type { HolderRun, LockHolder } from "../../shared/src/ports/locks.ts";
import { sessionName } from "../../shared/src/session-name.ts";
import { unlockSessionPolicy } from "../../shared/src/session-policy.ts";
import { type DigestFinding, explainDigest, settledDigest } from "../../shared/src/state-digest.ts";
import { type Audit, auditText, auditTitle } from "./audit.ts";
import { type HoldingRuns, holdingRuns } from "./holding-runs.ts";
import type { Inputs } from "./inputs.ts";
import { type Found, findLock, HalfReleasedError, holdersOf, type Release, releaseFound } from "./release.ts";

type Known = NonNullable<LockTarget["known"]>;

export interface Deps {
  readonly readMap: (path: string) => Promise<StackMap>;
  readonly assumeRole: AssumeRole;
  readonly openPlaces: (backend: StackBackend, credentials: Credentials | undefined) => Promise<LockPlaces>;
  readonly attribution: (known: Known, credentials: Credentials | undefined) => Attribution;
  /** Takes runs whose lock is gone off the stack's note. Never throws. */
  readonly dropRuns: (
    known: Known,
    credentials: Credentials | undefined,
    runs: readonly HolderRun[],
  ) => Promise<void>;
  readonly readDigest: (
    backend: StackBackend,
    credentials: Credentials | undefined,
  ) => Promise<DigestFinding>;
  /** Keeps the audit line in an issue; its address, or undefined where none is kept. Never throws. */
  readonly keepAudit: (title: string, text: string) => Promise<string | undefined>;
  readonly actor: string;
  readonly run: { readonly id: string; readonly url: string };
  readonly clock: Clock;
  readonly log: (line: string) => void;
  /** Adds a paragraph to the job's summary. */
  readonly summary: (markdown: string) => Promise<void>;
}

export const outputNames = ["status", "released", "digest", "issue"] as const;

type Outputs = Record<(typeof outputNames)[number], string>;

/** Releases one lock, by its id, if its holder is over. Sets its outputs also when only half of it worked. */
export async function run(inputs: Inputs, deps: Deps): Promise<Outputs> {
  if (inputs.force && inputs.reason === undefined)
    throw new ActionError('input "reason" is required together with `force`', {
      hint: "Say why the lock may go although its holder may still write; it is kept with the audit line.",
    });
  const target = await chooseLockTarget(inputs, deps.readMap);
  const credentials = await credentialsFor(inputs, target, deps);
  const { places, close } = await deps.openPlaces(target.backend, credentials);
  try {
    return await unlock({ inputs, target, credentials, deps }, await findLock(places));
  } finally {
    close();
  }
}

interface Job {
  readonly inputs: Inputs;
  readonly target: LockTarget;
  readonly credentials: Credentials | undefined;
  readonly deps: Deps;
}

async function unlock(job: Job, found: readonly Found[]): Promise<Outputs> {
  const { inputs, deps } = job;
  const holders = holdersOf(found);
  const holder = holders.find(({ id }) => id === inputs["lock-id"]);
  if (holder === undefined && holders.length > 0)
    throw new ActionError(
      `Nothing was released: the lock is not ${inputs["lock-id"]}. ${describeLock({ status: "held", holders }, deps.clock.now())}`,
      { hint: "Give the id of the lock that is there now, if it is that one which has to go." },
    );
  if (holder === undefined) {
    const line = `The state lock of \`${labelOf(job.target)}\` is free: there was nothing to release`;
    deps.log(line);
    await deps.summary(line);
    return { status: "free", released: "[]", digest: await tellDigest(job), issue: "" };
  }
  const holding = await allowed(job, holder);
  return release(job, found, { holder, holding });
}

/** Throws unless the holder is over, or the release is forced. */
async function allowed({ inputs, target, credentials, deps }: Job, holder: LockHolder): Promise<HoldingRuns> {
  const { known } = target;
  const holding = await holdingRuns(holder, known && deps.attribution(known, credentials));
  deps.log(describeLock({ status: "held", holders: [{ ...holder, runs: holding.runs }] }, deps.clock.now()));
  if (holding.doubt === undefined) return holding;
  if (inputs.force) {
    deps.log(`Forced, although ${holding.doubt}`);
    return holding;
  }
  throw new ActionError(
    `Nothing was released: it is not certain that the holder of the lock ${holder.id} is over: ${holding.doubt}`,
    {
      hint: "Cancel the run and wait for its end. Only when nothing can write the state any more, use `force` with a `reason`: two writers at once destroy a state.",
    },
  );
}

interface Identified {
  readonly holder: LockHolder;
  readonly holding: HoldingRuns;
}

async function release(job: Job, found: readonly Found[], identified: Identified): Promise<Outputs> {
  const { inputs, target, credentials, deps } = job;
  const { holder, holding } = identified;
  let released: Release;
  try {
    released = await releaseFound(found, holder.id);
  } catch (error) {
    if (!(error instanceof HalfReleasedError)) throw error;
    const half: Release = { released: error.released, others: [] };
    const issue = error.released.length > 0 ? await audit(job, identified, half) : "";
    const outputs = { status: "", released: JSON.stringify(error.released), digest: "", issue };
    throw new FailedWithOutputs(error.message, outputs, { hint: error.hint ?? "", cause: error.cause });
  }
  if (target.known !== undefined) await deps.dropRuns(target.known, credentials, holding.runs);
  const issue = await audit(job, identified, released);
  if (released.others.length > 0)
    deps.log(
      `Another lock is there now, and was left alone. ${describeLock({ status: "held", holders: released.others }, deps.clock.now())}`,
    );
  deps.log(
    released.released.length === 0
      ? `The lock ${inputs["lock-id"]} was gone before it could be released.`
      : `Released the lock ${inputs["lock-id"]}: ${released.released.join(" and ")}.`,
  );
  return {
    status: released.released.length === 0 ? "free" : "released",
    released: JSON.stringify(released.released),
    digest: await tellDigest(job),
    issue,
  };
}

async function audit(
  { inputs, target, deps }: Job,
  { holder, holding }: Identified,
  { released, others }: Release,
): Promise<string> {
  const label = labelOf(target);
  const entry: Audit = {
    label,
    holder,
    released,
    others,
    holding,
    forced: inputs.force,
    reason: inputs.reason,
    actor: deps.actor,
    run: deps.run,
    at: deps.clock.now(),
  };
  const text = auditText(entry);
  await deps.summary(text);
  return (await deps.keepAudit(auditTitle(label), text)) ?? "";
}

/** What a killed run leaves besides its lock. */
async function tellDigest({ target, credentials, deps }: Job): Promise<DigestFinding["status"]> {
  const finding = await settledDigest(() => deps.readDigest(target.backend, credentials), deps.clock);
  const explained = explainDigest(finding, target.backend);
  if (explained === undefined) return finding.status;
  deps.log(`${explained.message}. ${explained.remedy}`);
  if (explained.blocking) await deps.summary(`${explained.message}.`);
  return finding.status;
}

function labelOf({ backend, known }: LockTarget): string {
  return known?.stack.id ?? `${backend.bucket}/${stateKey(backend)}`;
}

async function credentialsFor(
  inputs: Inputs,
  { backend, known }: LockTarget,
  { assumeRole, run }: Deps,
): Promise<Credentials | undefined> {
  const roleArn = inputs["role-to-assume"] ?? (inputs.assume ? known?.stack.applyRole : undefined);
  if (roleArn === undefined) return undefined;
  return assumeRole({
    roleArn,
    region: backend.region,
    sessionName: sessionName("unlock", known?.stack.id ?? backend.bucket, run.id),
    durationSeconds: 900,
    sessionPolicy: known && unlockSessionPolicy(known.stack, known.map.store),
  });
}
