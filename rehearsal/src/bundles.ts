import { existsSync } from "node:fs";
import { readdir, rm, symlink } from "node:fs/promises";
import { join } from "node:path";
import type { Processes } from "./processes.ts";
import type { Progress } from "./progress.ts";

export interface BundlesOptions {
  readonly tree: string;
  readonly source: string;
  readonly env: Readonly<Record<string, string>>;
}

/**
 * The actions run as users run them: bundled. A checkout whose bundles are not built yet gets them built in
 * the copy, which is said in the report. True when something was built.
 */
export async function ensureBundles(
  processes: Processes,
  progress: Progress,
  { tree, source, env }: BundlesOptions,
): Promise<boolean> {
  const actions = join(tree, "actions");
  const missing = (await readdir(actions)).filter(
    (name) =>
      existsSync(join(actions, name, "action.yml")) && !existsSync(join(actions, name, "dist", "index.js")),
  );
  if (missing.length === 0) return false;
  progress.line(`building the bundles of ${missing.join(", ")}, which the checkout lacks`);
  const link = join(tree, "node_modules");
  await symlink(join(source, "node_modules"), link);
  await processes.run("node", ["actions/build.ts"], { cwd: tree, env });
  await rm(link);
  return true;
}
