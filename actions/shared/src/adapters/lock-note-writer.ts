import { hostname, userInfo } from "node:os";
import { ActionError } from "../action-error.ts";
import type { Stack, StackMap } from "../contracts/stack-map.ts";
import { dropWriters, noteWriter } from "../lock-note.ts";
import { oneLine } from "../one-line.ts";
import type { Credentials } from "../ports/credentials.ts";
import type { RunContext } from "../ports/run-context.ts";
import { openObjectStore } from "./s3-object-store.ts";

export interface NoteWriterOptions {
  readonly map: StackMap;
  readonly run: RunContext["run"];
  readonly now: () => Date;
  readonly log: (line: string) => void;
}

/**
 * Notes this run as one that will write a stack's state; what it returns takes the note back. The note only
 * words messages and helps unlock, so that it could not be written is logged and stops nothing.
 */
export function createNoteWriter({ map, run, now, log }: NoteWriterOptions) {
  return async (stack: Stack, credentials: Credentials | undefined): Promise<() => Promise<void>> => {
    const { id, attempt, url } = run;
    const writer = { run: { id, attempt, url }, who: lockOwner(), startedAt: now().toISOString() };
    const store = await openObjectStore({ ...map.store, credentials });
    const quietly = async (work: Promise<void>) => {
      try {
        await work;
      } catch (error) {
        if (!(error instanceof ActionError)) throw error;
        log(`${stack.id}: this run's note beside the deployment marker: ${error.message}`);
      }
    };
    await quietly(noteWriter(store, stack.id, writer));
    return () => quietly(dropWriters(store, stack.id, [writer]));
  };
}

/** As Terraform names the owner of a lock that it takes here: the user of the process and the machine. */
function lockOwner(): string {
  return oneLine(`${userName()}@${hostname()}`, 200);
}

function userName(): string {
  try {
    return userInfo().username;
  } catch {
    // A container may run as a user that its system does not know.
    return process.env["USER"] ?? "";
  }
}
