import { mkdir, realpath, writeFile } from "node:fs/promises";
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
