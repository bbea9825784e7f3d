import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { synthesizeCommit } from "./synthesis/commit.ts";
import { synthesizeWorkingTree } from "./synthesis/working-tree.ts";

const help = `Writes the Terraform configuration of every stack of .github/stacks.yml, with its assets.
It needs no credentials and no network, and gives the same bytes for the same sources.

Usage: npm run synth -- [options]

  --out DIR      where to write it (cdktf.out)
  --at COMMIT    synthesize this commit with its own code, not the working tree
  --help         show this
`;

interface Options {
  readonly out: string;
  readonly at: string | undefined;
  readonly help: boolean;
}

function options(args: readonly string[]): Options {
  const { values } = parseArgs({
    args: [...args],
    options: {
      out: { type: "string", default: "cdktf.out" },
      at: { type: "string" },
      help: { type: "boolean", default: false },
    },
  });
  return { out: values.out, at: values.at, help: values.help };
}

async function main(): Promise<void> {
  const { out, at, help: wanted } = options(process.argv.slice(2));
  if (wanted) {
    process.stdout.write(help);
    return;
  }
  const root = fileURLToPath(new URL("../", import.meta.url));
  const interrupted = new AbortController();
  for (const name of ["SIGINT", "SIGTERM"] as const)
    process.once(name, () => interrupted.abort(new Error(`Interrupted by ${name}.`)));
  if (at === undefined) await synthesizeWorkingTree(root, out, interrupted.signal);
  else await synthesizeCommit(root, { commit: at, outDir: out }, interrupted.signal);
  process.stderr.write(`Synthesized ${at === undefined ? "" : `${at} `}into ${out}\n`);
}

try {
  await main();
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.stderr.write("Nothing was written. `npm run synth -- --help` lists the options.\n");
  process.exitCode = 1;
}
