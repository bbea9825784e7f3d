// Builds every action's dist/: one compile of the TypeScript, then one bundle per action.
//   node actions/build.ts [--only NAME] [--out FOLDER]     FOLDER/<action>/ in place of actions/<action>/dist/
import { execFile } from "node:child_process";
import { readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { availableParallelism } from "node:os";
import { dirname, join } from "node:path";
import { parseArgs, promisify } from "node:util";

const run = promisify(execFile);
const root = dirname(import.meta.dirname);
const bin = (name: string) => join(root, "node_modules", ".bin", name);

/** Folders of actions/ that hold an action, by name. */
export function actionNames(): string[] {
  return readdirSync(join(root, "actions"), { withFileTypes: true })
    .filter(
      (entry) => entry.isDirectory() && readdirSync(join(root, "actions", entry.name)).includes("action.yml"),
    )
    .map((entry) => entry.name)
    .sort();
}

/** ncc leaves old chunks where they are, so the folder is removed first. */
async function bundle(name: string, out: string): Promise<void> {
  rmSync(out, { recursive: true, force: true });
  const entry = join(root, "build", "actions", name, "src", "main.js");
  await run(bin("ncc"), ["build", entry, "--out", out, "--minify", "--no-cache", "--target", "es2024"], {
    cwd: root,
    maxBuffer: 1 << 26,
  });
  const declared = readFileSync(join(root, "actions", name, "action.yml"), "utf8");
  if (/^ +post: dist\/post\.js$/m.test(declared)) writeFileSync(join(out, "post.js"), postEntry);
}

/** A post step has a file of its own: a main step that was ended at its very start has left no sign of itself. */
const postEntry = `process.env.ACTION_PHASE = "post";\nawait import("./index.js");\n`;

export async function buildActions(names: readonly string[], outOf: (name: string) => string): Promise<void> {
  rmSync(join(root, "build"), { recursive: true, force: true });
  await run(bin("tsc"), ["--project", root], { cwd: root, maxBuffer: 1 << 26 });
  const waiting = [...names];
  const worker = async () => {
    for (let name = waiting.shift(); name !== undefined; name = waiting.shift()) {
      await bundle(name, outOf(name));
      process.stdout.write(`built ${name}\n`);
    }
  };
  await Promise.all(Array.from({ length: availableParallelism() }, worker));
}

if (import.meta.main) {
  try {
    const { values } = parseArgs({ options: { only: { type: "string" }, out: { type: "string" } } });
    const names = actionNames().filter((name) => values.only === undefined || name === values.only);
    if (names.length === 0)
      throw new Error(`--only: no action is named ${values.only}; there are ${actionNames().join(", ")}`);
    await buildActions(names, (name) =>
      values.out === undefined ? join(root, "actions", name, "dist") : join(values.out, name),
    );
  } catch (error) {
    // A compiler that fails has printed why to its standard output.
    const { message, stdout = "" } = error as Error & { readonly stdout?: string };
    process.stderr.write(`${stdout}${message}\n`);
    process.exitCode = 1;
  }
}
