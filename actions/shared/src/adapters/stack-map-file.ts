import { readFile, realpath } from "node:fs/promises";
import { relative, resolve } from "node:path";
import { ActionError } from "../action-error.ts";
import { parseStackMap, type StackMap } from "../contracts/stack-map.ts";

/** Reads the stack map at a path inside the workspace; a link out of it counts as outside. */
export async function readStackMap(workspace: string, path: string): Promise<StackMap> {
  const [root, file] = await Promise.all([realpath(workspace), existing(resolve(workspace, path), path)]);
  if (relative(root, file).split("/")[0] === "..")
    throw new ActionError(`input "map": ${JSON.stringify(path)} is outside the workspace`, {
      hint: "Give a path relative to the root of the repository, such as .github/stacks.yml.",
    });
  return parseStackMap(await readFile(file, "utf8"), path);
}

async function existing(file: string, path: string): Promise<string> {
  try {
    return await realpath(file);
  } catch (cause) {
    throw new ActionError(`input "map": there is no stack map at ${JSON.stringify(path)}`, {
      hint: "Check out the repository before this step, or correct the input `map`.",
      cause,
    });
  }
}
