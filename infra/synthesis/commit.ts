import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdtemp, readFile, rm, symlink } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { promisify } from "node:util";
import { environmentForInstall, environmentForSynthesis, run } from "./run.ts";

const execute = promisify(execFile);
const limitSeconds = 600;

/**
 * Synthesizes another commit with that commit's own code, in a work tree that is gone afterwards. Its
 * packages are those installed here when the lock file is the same, and installed anew otherwise.
 */
export async function synthesizeCommit(
  root: string,
  given: { readonly commit: string; readonly outDir: string },
  signal: AbortSignal,
): Promise<void> {
  const commit = await resolveCommit(root, given.commit);
  const folder = await mkdtemp(join(tmpdir(), "commit-"));
  const tree = join(folder, "tree");
  try {
    await git(root, ["worktree", "add", "--detach", "--quiet", tree, commit]);
    if (!existsSync(join(tree, "infra/synth.ts")))
      throw new Error(`The commit ${commit} has no infra/synth.ts, so it cannot be synthesized.`);
    await providePackages(root, tree, signal);
    await run(process.execPath, [join(tree, "infra/synth.ts"), "--out", resolve(given.outDir)], {
      cwd: tree,
      env: environmentForSynthesis(process.env),
      limitSeconds,
      signal,
    });
  } finally {
    await rm(folder, { recursive: true, force: true });
    await git(root, ["worktree", "prune"]);
  }
}

async function resolveCommit(root: string, name: string): Promise<string> {
  try {
    return await git(root, ["rev-parse", "--verify", "--quiet", "--end-of-options", `${name}^{commit}`]);
  } catch (cause) {
    throw new Error(`There is no commit ${name} here. A shallow clone may lack it: fetch with more depth.`, {
      cause,
    });
  }
}

async function providePackages(root: string, tree: string, signal: AbortSignal): Promise<void> {
  const lock = (folder: string) => readFile(join(folder, "package-lock.json"), "utf8");
  if ((await lock(tree)) === (await lock(root))) {
    await symlink(join(root, "node_modules"), join(tree, "node_modules"));
    return;
  }
  await run("npm", ["ci", "--ignore-scripts", "--no-audit", "--no-fund"], {
    cwd: tree,
    env: environmentForInstall(process.env),
    limitSeconds,
    signal,
  });
}

async function git(root: string, args: readonly string[]): Promise<string> {
  const { stdout } = await execute("git", ["-C", root, "-c", "core.hooksPath=/dev/null", ...args]);
  return stdout.trim();
}
