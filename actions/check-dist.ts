// Builds every bundle anew beside the committed ones and says which differ.
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { actionNames, buildActions } from "./build.ts";

const actions = import.meta.dirname;
const fresh = mkdtempSync(join(tmpdir(), "dist-"));

function files(folder: string): string[] {
  try {
    return readdirSync(folder).sort();
  } catch {
    return [];
  }
}

function differences(name: string): string[] {
  const [built, committed] = [join(fresh, name), join(actions, name, "dist")];
  const names = new Set([...files(built), ...files(committed)]);
  return [...names]
    .filter((file) => {
      if (!files(built).includes(file) || !files(committed).includes(file)) return true;
      return !readFileSync(join(built, file)).equals(readFileSync(join(committed, file)));
    })
    .map((file) => `actions/${name}/dist/${file}`);
}

try {
  await buildActions(actionNames(), (name) => join(fresh, name));
  const stale = actionNames().flatMap(differences);
  if (stale.length > 0) {
    process.stderr.write(
      `These bundles are not what their sources build to; run npm run build in ${dirname(actions)} and commit:\n${stale.join("\n")}\n`,
    );
    process.exitCode = 1;
  }
} finally {
  rmSync(fresh, { recursive: true, force: true });
}
