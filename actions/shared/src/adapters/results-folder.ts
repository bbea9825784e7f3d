import { mkdir, readdir, readFile, realpath, writeFile } from "node:fs/promises";
import { join, resolve, sep } from "node:path";
import { ActionError } from "../action-error.ts";
import { dashed } from "../contracts/stack-map.ts";
import { type StackResult, stackResultSchema } from "../contracts/stack-result.ts";

/** Writes one `<stack with dashes>.json` per stack into a folder of the workspace or of the runner's temporary one. */
export async function openResultsFolder(workspace: string, folder: string, temporary: string) {
  const path = resolve(workspace, folder);
  await mkdir(path, { recursive: true });
  const real = await realpath(path);
  const roots = await Promise.all([realpath(workspace), realpath(temporary)]);
  if (folder.startsWith("-") || !roots.some((root) => real.startsWith(root + sep)))
    throw new ActionError(`input "results": ${JSON.stringify(folder)} is outside the workspace`, {
      hint: "Give a folder inside the workspace, such as results.",
    });
  return (result: StackResult): Promise<void> =>
    writeFile(
      join(real, `${dashed(result.stack)}.json`),
      JSON.stringify(stackResultSchema.parse(result), undefined, 1),
    );
}

/** Every JSON file below a folder, none when there is no folder. Artifacts may have been downloaded into one folder or into one each. */
export async function readResults(folder: string): Promise<{ name: string; text: string }[]> {
  const entries = await readdir(folder, { withFileTypes: true, recursive: true }).catch(
    (error: NodeJS.ErrnoException) => {
      if (error.code === "ENOENT") return [];
      throw error;
    },
  );
  const files = entries
    .filter((entry) => entry.isFile() && entry.name.endsWith(".json"))
    .map((entry) => join(entry.parentPath, entry.name));
  return await Promise.all(files.sort().map(async (name) => ({ name, text: await readFile(name, "utf8") })));
}
