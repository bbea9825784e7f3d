import { createHash } from "node:crypto";
import { lstat, readFile, readlink, realpath, stat } from "node:fs/promises";
import { join, relative } from "node:path";
import { ActionError } from "./action-error.ts";
import { terraformClosure, walkFolder } from "./closure.ts";
import type { Stack } from "./contracts/stack-map.ts";

const filesAtOnce = 16;
const executable = 0o100;

/**
 * Digest of everything that decides what a stack's plan intends, as "sha256:…": the files of a synthesized
 * folder, or all that a plain one reads; provider lock, var-files and backend configuration among them; the
 * backend, the workspace, and the names of the variables it gets. Where the folder lies does not matter.
 * Two checkouts of one tree give one digest; what Terraform itself writes into the folder does not count.
 */
export async function configurationDigest(workspace: string, stack: Stack): Promise<string> {
  const root = await realpath(workspace);
  const folder = await stackFolder(root, stack);
  const hash = createHash("sha256");
  hash.update(
    JSON.stringify({
      version: 1,
      backend: { ...stack.backend, table: stack.backend.table ?? null },
      varFiles: stack.varFiles,
      backendConfig: stack.backendConfig,
      env: [...stack.env].sort(),
    }),
  );
  const files = await stackFiles(root, stack);
  for (const line of await mapInOrder(files, (file) => fileLine(root, folder, file, !stack.synthesized)))
    hash.update(line);
  return `sha256:${hash.digest("hex")}`;
}

async function stackFolder(root: string, stack: Stack): Promise<string> {
  const folder = await realpath(join(root, stack.folder)).catch((cause: unknown) => {
    throw new ActionError(`stack ${stack.id}: there is no folder ${stack.folder} in the workspace`, {
      hint: stack.synthesized
        ? "Synthesize first, or download the assembly that an earlier job made."
        : "Correct the stack's `folder` in the stack map, or check out the repository first.",
      cause,
    });
  });
  if (folder !== root && !folder.startsWith(`${root}/`))
    throw new ActionError(`stack ${stack.id}: its folder ${stack.folder} leads outside the workspace`);
  return folder;
}

async function stackFiles(root: string, stack: Stack): Promise<string[]> {
  const found = stack.synthesized
    ? await walkFolder(root, stack.folder)
    : (await terraformClosure(root, stack.folder)).files;
  const named = [...stack.varFiles, ...stack.backendConfig.filter((argument) => !argument.includes("="))].map(
    (file) => join(stack.folder, file),
  );
  for (const file of named) await requireFile(root, stack, file);
  return [...new Set([...found, ...named])].sort();
}

async function requireFile(root: string, stack: Stack, file: string): Promise<void> {
  const target = await realpath(join(root, file)).catch((cause: unknown) => {
    throw new ActionError(`stack ${stack.id}: its file ${file} does not exist`, {
      hint: "Correct `var-files` or `backend-config` in the stack map; paths are relative to the stack's folder.",
      cause,
    });
  });
  if (!target.startsWith(`${root}/`))
    throw new ActionError(`stack ${stack.id}: its file ${file} is outside the workspace`, {
      hint: "Keep var-files and backend configuration inside the repository.",
    });
}

/** Whether a file may be run counts only where git keeps it: artifacts lose it. */
async function fileLine(root: string, folder: string, file: string, withMode: boolean): Promise<string> {
  const path = join(root, file);
  const stats = await lstat(path);
  const name = relative(folder, path);
  if (stats.isSymbolicLink()) return `link\0${name}\0${await readlink(path)}\0${await linkedContent(path)}\n`;
  const kind = withMode && (stats.mode & executable) !== 0 ? "program" : "file";
  return `${kind}\0${name}\0${contentDigest(await readFile(path))}\n`;
}

async function linkedContent(path: string): Promise<string> {
  const target = await stat(path).catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") return undefined;
    throw error;
  });
  return target?.isFile() ? contentDigest(await readFile(path)) : "";
}

function contentDigest(content: Buffer): string {
  return createHash("sha256").update(content).digest("hex");
}

async function mapInOrder(
  files: readonly string[],
  line: (file: string) => Promise<string>,
): Promise<string[]> {
  const lines: string[] = [];
  for (let start = 0; start < files.length; start += filesAtOnce)
    lines.push(...(await Promise.all(files.slice(start, start + filesAtOnce).map(line))));
  return lines;
}
