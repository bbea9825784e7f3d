import { readdir, realpath, stat } from "node:fs/promises";
import { isAbsolute, resolve, sep } from "node:path";
import { ActionError } from "../action-error.ts";
import type { Stack } from "../contracts/stack-map.ts";

/** Absolute path of a stack's folder. ActionError unless it is a Terraform root inside the workspace. */
export async function stackFolder(workspace: string, stack: Stack): Promise<string> {
  const { folder } = stack;
  if (folder.startsWith("-") || folder.includes("\0") || isAbsolute(folder)) throw outside(stack);
  const root = await realpath(workspace);
  const path = await realpath(resolve(root, folder)).catch((cause: unknown) => {
    throw missing(stack, "does not exist", cause);
  });
  if (path !== root && !path.startsWith(root + sep)) throw outside(stack);
  if (!(await stat(path)).isDirectory()) throw missing(stack, "is not a folder");
  const names = await readdir(path);
  if (!names.some((name) => /\.(tf|tofu)(\.json)?$/.test(name)))
    throw missing(stack, "holds no Terraform files");
  for (const file of stack.varFiles) await requireInside(root, resolve(path, file), stack, file);
  return path;
}

async function requireInside(root: string, path: string, stack: Stack, file: string): Promise<void> {
  const real = await realpath(path).catch(() => undefined);
  if (real?.startsWith(root + sep)) return;
  throw new ActionError(`${stack.id}: the var-file ${file} is not in the workspace`, {
    hint: "Paths under `var-files` are relative to the stack's folder.",
  });
}

function outside({ id, folder }: Stack): ActionError {
  return new ActionError(`${id}: the folder ${JSON.stringify(folder)} is outside the workspace`, {
    hint: 'A stack\'s folder is a path inside the repository that does not start with "-" or "/".',
  });
}

function missing({ id, folder, synthesized }: Stack, what: string, cause?: unknown): ActionError {
  return new ActionError(`${id}: the folder ${folder} ${what}`, {
    hint: synthesized
      ? "It is written by synthesis: download the assembly before this step."
      : "Check out the repository before this step, and see `folder` in the stack map.",
    cause,
  });
}
