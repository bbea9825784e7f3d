import { rm } from "node:fs/promises";
import * as core from "@actions/core";
import { z } from "zod";
import type { Outputs } from "../action.ts";
import { ActionError } from "../action-error.ts";
import type { Stack } from "../contracts/stack-map.ts";
import { describeLock, lockHint } from "../lock-description.ts";
import { createOutputLog } from "./action-log.ts";
import { createLockReader } from "./lock-reader.ts";
import { awaitOrphan } from "./process.ts";
import { createCredentials, type Purpose } from "./stack-credentials.ts";
import { readStackMap } from "./stack-map-file.ts";

/**
 * The post step of plan and apply. The main step may have been cut off: what it started is waited for, the
 * folder with plan files, which hold secrets, is removed, and a lock that stayed is told of.
 */

/** GitHub gives a cancelled job five minutes for its post steps. */
const orphanLimitSeconds = 270;

export function wasStarted(): boolean {
  return core.getState("scratch") !== "";
}

export function rememberScratch(folder: string): void {
  core.saveState("scratch", folder);
}

const inFlightSchema = z.object({
  stack: z.string(),
  map: z.string(),
  purpose: z.enum(["plan", "apply"]),
  assume: z.boolean(),
});

/** What Terraform is writing just now; undefined: nothing any more. */
export function rememberInFlight(
  stack: Stack | undefined,
  inputs: { readonly map: string; readonly assume: boolean },
  purpose: Purpose,
): void {
  const note = stack && { stack: stack.id, map: inputs.map, purpose, assume: inputs.assume };
  core.saveState("in-flight", note === undefined ? "" : JSON.stringify(note));
}

export async function cleanUp(): Promise<Outputs> {
  const scratch = core.getState("scratch");
  const { status } = await awaitOrphan(scratch, createOutputLog(), orphanLimitSeconds);
  if (status === "ended") core.info("Terraform has ended by itself after the step was cut off.");
  if (status !== "running") await rm(scratch, { recursive: true, force: true });
  const note = core.getState("in-flight");
  if (note !== "") await reportInFlight(inFlightSchema.parse(JSON.parse(note)));
  if (status === "running")
    throw new ActionError("Terraform still runs and holds its lock; the runner will end it with the job", {
      hint: "When the job is over, look at the stack's lock and state before anything else is applied.",
    });
  return {};
}

async function reportInFlight({
  stack: id,
  map: path,
  purpose,
  assume,
}: z.infer<typeof inFlightSchema>): Promise<void> {
  const map = await readStackMap(process.env["GITHUB_WORKSPACE"] ?? process.cwd(), path);
  const stack = map.stacks.get(id);
  if (stack === undefined) return;
  core.warning(
    `${id}: the apply did not end as it should. Plan it again: what it has done by then is in the state.`,
  );
  const credentials = await createCredentials({ assume, "duration-seconds": 900 }, purpose, map)(stack);
  const lock = await createLockReader({ credentials })(stack.backend);
  if (lock.status === "free") core.info(`${id}: the state lock is free.`);
  else core.error(`${id}: ${describeLock(lock, new Date())}\n${lockHint(lock)}`);
}
