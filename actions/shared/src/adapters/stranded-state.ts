import { chmod, copyFile, readFile, rm, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { dashed, type Stack } from "../contracts/stack-map.ts";
import { stateIn } from "../printed-state.ts";

/** Where Terraform leaves a state that its backend did not take. */
export function erroredState(folder: string): string {
  return join(folder, "errored.tfstate");
}

/** Where it waits, out of reach of later steps and artifacts, until it is kept in the store. */
export function strandedFile(scratch: string, stack: Stack): string {
  return join(scratch, `stranded-${dashed(stack.id)}.tfstate`);
}

/** Takes a state that Terraform wrote into the folder, or printed, to `file`. False: there is none. */
export async function strand(folder: string, outputs: readonly string[], file: string): Promise<boolean> {
  const left = erroredState(folder);
  if ((await stat(left).catch(() => undefined))?.isFile() === true) {
    await copyFile(left, file);
    await chmod(file, 0o600);
    await rm(left);
    return true;
  }
  const printed = outputs.map(stateIn).find((text) => text !== undefined);
  if (printed === undefined) return false;
  await writeFile(file, printed, { mode: 0o600 });
  return true;
}

/** Undefined: there is none. */
export function readStranded(file: string): Promise<string | undefined> {
  return readFile(file, "utf8").catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") return undefined;
    throw error;
  });
}
