import { z } from "zod";
import type { Rehearsal } from "../rehearsal.ts";
import { faultsOf } from "../workflow-run.ts";
import { runOnMain } from "./on-main.ts";

/** The bucket of the stack that nothing of the data that flows meanwhile depends on being versioned. */
async function helperBucket({ account, map }: Rehearsal): Promise<string> {
  const key = map.stacks.get("stage/storage/s3")?.backend.key ?? "";
  const state = z
    .object({
      resources: z.array(
        z.object({
          type: z.string(),
          instances: z.array(z.object({ attributes: z.looseObject({ bucket: z.string().optional() }) })),
        }),
      ),
    })
    .parse(JSON.parse(await account.read(map.store.bucket, key)));
  const names = state.resources
    .filter(({ type }) => type === "aws_s3_bucket")
    .flatMap(({ instances }) => instances.map(({ attributes }) => attributes.bucket ?? ""));
  const name = names.find((bucket) => bucket.includes("helper"));
  if (name === undefined) throw new Error(`no helper bucket among ${names.join(", ")}`);
  return name;
}

/** A setting changed past Terraform, as on the console. */
export async function suspendVersioning(rehearsal: Rehearsal): Promise<void> {
  const bucket = await helperBucket(rehearsal);
  await rehearsal.account.setVersioning(bucket, "Suspended");
  rehearsal.progress.line(`somebody suspends the versioning of ${bucket}`);
}

export async function isVersioned(rehearsal: Rehearsal): Promise<boolean> {
  return (await rehearsal.account.versioning(await helperBucket(rehearsal))) === "Enabled";
}

/** The nightly check of every stack, by hand. */
export async function runDriftCheck(rehearsal: Rehearsal): Promise<void> {
  const run = await runOnMain(rehearsal, { title: "every stack", workflow: "drift.yml", inputs: {} });
  rehearsal.checks.hold("the drift check could look at every stack", run.succeeded, faultsOf(run));
}

/** State and title of each. */
export async function driftIssues({ servers }: Rehearsal): Promise<string[]> {
  const issues = await servers.github.issues();
  return issues
    .filter(({ labels }) => labels.some(({ name }) => name === "drift"))
    .map(({ state, title }) => `${state}: ${title}`);
}
