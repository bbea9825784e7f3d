import { createHash } from "node:crypto";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Artifacts } from "../artifacts.ts";

/** Artifacts that cost nothing to build, for tests that look at configuration. */
export function fakeArtifacts(folder: string): Artifacts {
  const write = (name: string) => {
    mkdirSync(folder, { recursive: true });
    const file = join(folder, name);
    writeFileSync(file, name);
    return { file, sha256: createHash("sha256").update(name).digest("hex") };
  };
  return {
    async functionBundle(name) {
      const { file, sha256 } = write(`${name}.zip`);
      return { name, zip: file, sha256 };
    },
    gluePackage: async () => write("activity_lake-0.1.0-py3-none-any.whl"),
    glueScript: (name) => write(`${name}.py`).file,
  };
}
