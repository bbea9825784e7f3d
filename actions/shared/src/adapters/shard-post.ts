import { readdir, readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import * as core from "@actions/core";
import { z } from "zod";
import type { Outputs } from "../action.ts";
import { ActionError } from "../action-error.ts";
import { type Stack, type StackMap, stateKey } from "../contracts/stack-map.ts";
import { describeLock, lockHint } from "../lock-description.ts";
import type { Credentials } from "../ports/credentials.ts";
import { keepState, rescueHint } from "../rescue.ts";
import { stateIdentity } from "../terraform.ts";
import { createOutputLog } from "./action-log.ts";
import { createLockReader } from "./lock-reader.ts";
import { isPostStep } from "./post-step.ts";
import { awaitOrphan, type OrphanOutcome } from "./process.ts";
import { openObjectStore } from "./s3-object-store.ts";
import { createCredentials } from "./stack-credentials.ts";
import { stackFolder } from "./stack-folder.ts";
import { readStackMap } from "./stack-map-file.ts";
import { readStranded, strand, strandedFile } from "./stranded-state.ts";
import { systemClock } from "./system-clock.ts";

/**
 * The post step of plan and apply. The main step may have been cut off: what it started is waited for, the
 * folder with plan files, which hold secrets, is removed, and a lock that stayed is told of.
 */

/** GitHub gives a cancelled job five minutes for its post steps. */
const orphanLimitSeconds = 270;

export function isPost(): boolean {
  return isPostStep() || core.getState("scratch") !== "";
}

export function rememberScratch(folder: string): void {
  core.saveState("scratch", folder);
}

const inFlightSchema = z.object({
  stack: z.string(),
  map: z.string(),
  purpose: z.enum(["plan", "apply"]),
  assume: z.boolean(),
  phase: z.enum(["plan", "apply"]),
  /** Serial of the state before; absent: there was none. */
  serial: z.number().optional(),
});
type InFlight = z.infer<typeof inFlightSchema>;

/** What Terraform is writing just now; undefined: nothing any more. */
export function rememberInFlight(
  stack: Stack | undefined,
  {
    map,
    assume,
    purpose,
    phase,
    serial,
  }: Omit<InFlight, "stack" | "serial"> & { readonly serial: number | undefined },
): void {
  const note: InFlight | undefined = stack && {
    stack: stack.id,
    map,
    purpose,
    assume,
    phase,
    ...(serial === undefined ? {} : { serial }),
  };
  core.saveState("in-flight", note === undefined ? "" : JSON.stringify(note));
}

export async function cleanUp(): Promise<Outputs> {
  const scratch = core.getState("scratch");
  if (scratch === "") {
    core.info("The step was ended before it began; nothing was done.");
    return {};
  }
  const { status } = await awaitOrphan(scratch, createOutputLog(), orphanLimitSeconds);
  if (status === "ended") core.info("Terraform has ended by itself after the step was cut off.");
  const note = core.getState("in-flight");
  const stranded = note !== "" && (await finish(inFlightSchema.parse(JSON.parse(note)), scratch, status));
  if (status !== "running" && !stranded) await rm(scratch, { recursive: true, force: true });
  if (status === "running")
    throw new ActionError("Terraform still runs and holds its lock; the runner will end it with the job", {
      hint: "When the job is over, look at the stack's lock and state before anything else is applied.",
    });
  return {};
}

/** True when a state is left that could be kept nowhere. */
async function finish(note: InFlight, scratch: string, status: OrphanOutcome["status"]): Promise<boolean> {
  const workspace = process.env["GITHUB_WORKSPACE"] ?? process.cwd();
  const map = await readStackMap(workspace, note.map);
  const stack = map.stacks.get(note.stack);
  if (stack === undefined) return false;
  const applied = note.phase === "apply";
  core.warning(
    applied
      ? `${stack.id}: the apply did not end as it should.`
      : `${stack.id}: the step was cut off while it planned; nothing was applied.`,
  );
  const credentials = await createCredentials(
    { assume: note.assume, "duration-seconds": 900 },
    note.purpose,
    map,
  )(stack);
  const file = strandedFile(scratch, stack);
  if (status !== "running") await strand(await stackFolder(workspace, stack), await outputsIn(scratch), file);
  const text = await readStranded(file);
  const lost = text !== undefined && !(await rescue(text, { stack, map, credentials, file }));
  if (applied) await reportState(note, stack, credentials);
  const lock = await createLockReader({ credentials })(stack.backend);
  if (lock.status === "free") core.info(`${stack.id}: the state lock is free.`);
  else core.error(`${stack.id}: ${describeLock(lock, new Date())}\n${lockHint(lock)}`);
  return lost;
}

interface Rescuing {
  readonly stack: Stack;
  readonly map: StackMap;
  readonly credentials: Credentials | undefined;
  readonly file: string;
}

async function rescue(text: string, { stack, map, credentials, file }: Rescuing): Promise<boolean> {
  const { GITHUB_RUN_ID = "0", GITHUB_RUN_ATTEMPT = "1" } = process.env;
  const place = map.store;
  try {
    const store = await openObjectStore({ ...place, credentials });
    const run = { id: GITHUB_RUN_ID, attempt: Number(GITHUB_RUN_ATTEMPT) };
    const kept = await keepState(text, { stack, place, store, run, clock: systemClock });
    core.error(`${stack.id}: Terraform could not write its state; it is kept in ${kept}.\n${rescueHint}`);
    await rm(file, { force: true });
    return true;
  } catch (error) {
    core.error(
      `${stack.id}: Terraform could not write its state, and it could not be kept: ${error instanceof Error ? error.message : String(error)}\n` +
        `It is in ${file} on this runner, and nowhere else.`,
    );
    return false;
  }
}

async function reportState(
  { serial }: InFlight,
  stack: Stack,
  credentials: Credentials | undefined,
): Promise<void> {
  const { bucket, region } = stack.backend;
  const store = await openObjectStore({ bucket, region, credentials });
  const now = stateIdentity((await store.read(stateKey(stack.backend)))?.body);
  const before = serial === undefined ? "there was no state" : `the state had serial ${serial}`;
  const after = now === undefined ? "there is none now" : `now it has ${now.serial}`;
  const same = now?.serial === serial;
  core.info(
    `${stack.id}: before the apply ${before}, ${after}. ${
      same ? "Nothing of it is in the state." : "What was done by then is in the state."
    } Run the job again: it plans anew and does the rest.`,
  );
}

/** What the programs of a step that was cut off had written. */
async function outputsIn(scratch: string): Promise<string[]> {
  const names = await readdir(scratch).catch(() => []);
  const outputs = names.filter((name) => /^output-\d+\.(out|err)$/.test(name));
  return Promise.all(outputs.map((name) => readFile(join(scratch, name), "utf8")));
}
