import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { type Detection, detectionSchema } from "../../../actions/shared/src/contracts/detection.ts";
import { type StackResult, stackResultSchema } from "../../../actions/shared/src/contracts/stack-result.ts";
import type { RunReport } from "../rehearsal.ts";

/** What detect-changes handed over in this run. */
export async function detectionOf(run: RunReport): Promise<Detection> {
  return detectionSchema.parse(
    JSON.parse(await readFile(join(run.artifacts, "detection", "detection.json"), "utf8")),
  );
}

/** Every stack's result of this run, by stack; of its artifacts whose names begin so. */
export async function resultsOf(run: RunReport, begin = "result-"): Promise<Map<string, StackResult>> {
  const results = new Map<string, StackResult>();
  const folders = (await readdir(run.artifacts)).filter((name) => name.startsWith(begin));
  for (const folder of folders.sort()) {
    for (const file of (await readdir(join(run.artifacts, folder))).filter((name) =>
      name.endsWith(".json"),
    )) {
      const result = stackResultSchema.parse(
        JSON.parse(await readFile(join(run.artifacts, folder, file), "utf8")),
      );
      results.set(result.stack, result);
    }
  }
  return results;
}

export function ids(stacks: Iterable<{ readonly id: string }>): string[] {
  return [...stacks].map(({ id }) => id).sort();
}
