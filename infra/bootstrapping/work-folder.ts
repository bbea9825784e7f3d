import { existsSync } from "node:fs";
import { cp, mkdir, readdir, rm } from "node:fs/promises";
import { join } from "node:path";

/** State of a stack before it is in the bucket. */
export const localState = "terraform.tfstate";

/** Where Terraform leaves a state that it could not write to the bucket. */
const unsavedState = "errored.tfstate";

/** Puts a stack's configuration into its private work folder, of which nothing else stays but a state that it keeps. */
export async function fillWorkFolder(folder: string, synthesized: string): Promise<void> {
  if (existsSync(join(folder, unsavedState)))
    throw new Error(
      `${join(folder, unsavedState)} holds a state that Terraform could not save. Push it there with \`terraform state push ${unsavedState}\`, then remove the file.`,
    );
  const names = existsSync(folder) ? await readdir(folder) : [];
  for (const name of names.filter((entry) => !entry.startsWith(localState)))
    await rm(join(folder, name), { recursive: true, force: true });
  await mkdir(folder, { recursive: true, mode: 0o700 });
  await cp(synthesized, folder, { recursive: true });
}
