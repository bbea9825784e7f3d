import { readFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import {
  dashed,
  parseStackMap,
  type Stack,
  type StackMap,
} from "../actions/shared/src/contracts/stack-map.ts";
import { lookAround, requireAccount } from "./bootstrapping/account.ts";
import { bootstrapBackend } from "./bootstrapping/backend.ts";
import { requireTerraform, Terraform } from "./bootstrapping/terraform.ts";
import { fillWorkFolder } from "./bootstrapping/work-folder.ts";
import { synthesizeWorkingTree } from "./synthesis/working-tree.ts";

const backendId = "global/backend";
const identityId = "global/deploy-identity";

const help = `Prepares an AWS account, once, with an administrator's credentials from the environment:
the state bucket and lock table (${backendId}), then the OIDC provider and the roles that
jobs take (${identityId}). After that, deployments need no long-lived key. It can be run
again at any time; when nothing differs it changes nothing. Until the bucket exists its state
is kept in .cache/bootstrap, from where an interrupted run goes on.

Usage: npm run bootstrap -- [options]

  --dry-run   show what would change, change nothing
  --adopt     take over a state bucket and lock table that exist and that no state knows
  --help      show this
`;

const root = fileURLToPath(new URL("../", import.meta.url));
const say = (line: string) => process.stdout.write(`\n▸ ${line}\n`);

interface Options {
  readonly dryRun: boolean;
  readonly adopt: boolean;
}

async function bootstrap(map: StackMap, options: Options, assembly: string): Promise<void> {
  const [backend, identity] = [stackOf(map, backendId), stackOf(map, identityId)];
  await requireTerraform();
  await requireAccount(backend);
  await requireAccount(identity);
  say("Synthesizing");
  await synthesizeWorkingTree(root, assembly, new AbortController().signal);
  const found = await lookAround(backend);
  say(`${backendId}: bucket ${backend.backend.bucket}, table ${backend.backend.table ?? "none"}`);
  await bootstrapBackend({
    stack: backend,
    synthesized: folderOf(assembly, backend),
    workFolder: workFolderOf(backend),
    found,
    ...options,
    say,
  });
  say(`${identityId}: OIDC provider and roles`);
  await fillWorkFolder(workFolderOf(identity), folderOf(assembly, identity));
  await applyIdentity(new Terraform(workFolderOf(identity)), options, found.state);
  await rm(workFolderOf(identity), { recursive: true, force: true });
  say(options.dryRun ? "Dry run: nothing was changed." : "Done. Deployments take over from here.");
}

async function applyIdentity(terraform: Terraform, { dryRun }: Options, stateExists: boolean): Promise<void> {
  if (dryRun && !stateExists) await terraform.initLocal();
  else await terraform.init();
  const changes = await terraform.plan();
  if (!changes) say("Nothing to change.");
  else if (!dryRun) await terraform.applyPlan();
}

function stackOf(map: StackMap, id: string): Stack {
  const stack = map.stacks.get(id);
  if (stack === undefined) throw new Error(`The stack map has no stack ${id}, which bootstrap applies.`);
  return stack;
}

/** Outlives a run that fails, so that no state is lost. */
function workFolderOf(stack: Stack): string {
  return join(root, ".cache", "bootstrap", dashed(stack.id));
}

function folderOf(assembly: string, stack: Stack): string {
  return join(assembly, "stacks", dashed(stack.id));
}

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      "dry-run": { type: "boolean", default: false },
      adopt: { type: "boolean", default: false },
      help: { type: "boolean", default: false },
    },
  });
  if (values.help) {
    process.stdout.write(help);
    return;
  }
  const file = ".github/stacks.yml";
  const map = parseStackMap(readFileSync(join(root, file), "utf8"), file);
  const folder = await mkdtemp(join(tmpdir(), "bootstrap-"));
  try {
    await bootstrap(map, { dryRun: values["dry-run"], adopt: values.adopt }, join(folder, "assembly"));
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

try {
  await main();
} catch (error) {
  process.stderr.write(`\n${error instanceof Error ? error.message : String(error)}\n`);
  process.stderr.write("Run it again once this is mended; it goes on where it stopped.\n");
  process.exitCode = 1;
}
