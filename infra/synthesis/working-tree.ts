import { mkdir, mkdtemp, rename, rm } from "node:fs/promises";
import { basename, dirname, join, resolve } from "node:path";
import { environmentForSynthesis, run } from "./run.ts";

const limitSeconds = 300;

/**
 * Synthesizes the repository at `root` into `outDir`. The folder is written anew beside it and put in its
 * place at the end: when synthesis fails, what was there is untouched.
 */
export async function synthesizeWorkingTree(
  root: string,
  outDir: string,
  signal: AbortSignal,
): Promise<void> {
  const out = resolve(outDir);
  await mkdir(dirname(out), { recursive: true });
  const fresh = await mkdtemp(join(dirname(out), `.${basename(out)}-`));
  try {
    await run(process.execPath, [join(root, "infra/main.ts"), join(fresh, "new")], {
      cwd: root,
      env: environmentForSynthesis(process.env),
      limitSeconds,
      signal,
    });
    await rename(out, join(fresh, "old")).catch(ignoreMissing);
    await rename(join(fresh, "new"), out);
  } finally {
    await rm(fresh, { recursive: true, force: true });
  }
}

function ignoreMissing(error: NodeJS.ErrnoException): void {
  if (error.code !== "ENOENT") throw error;
}
