import { existsSync } from "node:fs";
import { readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Stack } from "../../actions/shared/src/contracts/stack-map.ts";
import type { Found } from "./account.ts";
import { Terraform } from "./terraform.ts";
import { fillWorkFolder, localState } from "./work-folder.ts";

export interface BackendProps {
  readonly stack: Stack;
  /** The stack's folder as synthesized. */
  readonly synthesized: string;
  /** Private folder that keeps the local state until it is in the bucket. */
  readonly workFolder: string;
  readonly found: Found;
  /** Take over a bucket and table that no state knows. */
  readonly adopt: boolean;
  readonly dryRun: boolean;
  readonly say: (line: string) => void;
}

/**
 * Makes the state bucket and lock table with a state of their own on this machine, then moves that state into
 * the bucket. Interrupted anywhere, the next run goes on from the local state.
 */
export async function bootstrapBackend(props: BackendProps): Promise<void> {
  const { workFolder, found, dryRun, say, stack } = props;
  const kept = join(workFolder, localState);
  if (found.state) {
    if (existsSync(kept))
      say(`The state is in the bucket; the local copy ${kept} is left over and not used.`);
    await fillWorkFolder(props.workFolder, props.synthesized);
    await applyChanges(props, new Terraform(workFolder), "remote");
    if (!existsSync(kept)) await rm(workFolder, { recursive: true, force: true });
    return;
  }
  if (existsSync(kept)) {
    say(`An earlier run was interrupted before its state was in the bucket. Going on from ${kept}.`);
  } else if (found.bucket || found.table) {
    if (!props.adopt) throw new Error(unknownToState(stack, found));
    say("Taking over what exists.");
  }
  await fillWorkFolder(props.workFolder, props.synthesized);
  if (!existsSync(kept) && props.adopt) await writeImports(props);
  await applyChanges(props, new Terraform(workFolder), "local");
  if (dryRun) return;
  say(`Moving the state into s3://${stack.backend.bucket}/${stack.backend.key}`);
  await rm(join(workFolder, imports), { force: true });
  await new Terraform(workFolder).migrate();
  await rm(workFolder, { recursive: true, force: true });
}

async function applyChanges({ dryRun, say }: BackendProps, terraform: Terraform, state: "local" | "remote") {
  if (state === "local") await terraform.initLocal();
  else await terraform.init();
  const changes = await terraform.plan();
  if (!changes) say("Nothing to change.");
  else if (dryRun) say("Dry run: nothing was applied.");
  else await terraform.applyPlan();
}

const imports = "adopt.tf.json";

async function writeImports({ stack, synthesized, workFolder, found }: BackendProps): Promise<void> {
  const document = JSON.parse(await readFile(join(synthesized, "cdk.tf.json"), "utf8")) as {
    resource: Record<string, Record<string, unknown>>;
  };
  const address = (type: string) => `${type}.${Object.keys(document.resource[type] ?? {})[0] ?? ""}`;
  const blocks = [
    ...(found.bucket ? [{ to: address("aws_s3_bucket"), id: stack.backend.bucket }] : []),
    ...(found.table ? [{ to: address("aws_dynamodb_table"), id: stack.backend.table }] : []),
  ];
  await writeFile(join(workFolder, imports), JSON.stringify({ import: blocks }));
}

function unknownToState({ backend }: Stack, found: Found): string {
  const things = [
    ...(found.bucket ? [`the bucket ${backend.bucket}`] : []),
    ...(found.table ? [`the table ${String(backend.table)}`] : []),
  ].join(" and ");
  return `There is ${things}, but no state that knows of it, neither in the bucket nor here. If it is yours, from a bootstrap on another machine that was interrupted, say --adopt to take it over; otherwise choose other names in the stack map.`;
}
