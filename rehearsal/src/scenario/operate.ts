import type { Rehearsal } from "../rehearsal.ts";
import { faultsOf } from "../workflow-run.ts";
import { driftIssues, isVersioned, runDriftCheck, suspendVersioning } from "./drift.ts";
import { leaveLock, locksOf } from "./left-lock.ts";
import { runOnMain } from "./on-main.ts";
import { resultsOf } from "./results.ts";

const stack = "stage/storage/s3";

/** Step 5: one stack from the Actions tab. */
export async function operateByHand(rehearsal: Rehearsal): Promise<void> {
  if (rehearsal.options.thorough) await mendDrift(rehearsal);
  else await plan(rehearsal);
}

async function plan(rehearsal: Rehearsal): Promise<void> {
  const { checks } = rehearsal;
  const run = await runOnMain(rehearsal, {
    title: `plan ${stack} by hand`,
    workflow: "operate.yml",
    inputs: { stack, operation: "plan", confirm: "" },
  });
  checks.hold("operate succeeded", run.succeeded, faultsOf(run));
  checks.equal(
    "it planned that stack and found nothing to do",
    [...(await resultsOf(run))].map(([id, { status }]) => [id, status]),
    [[stack, "no-changes"]],
  );
}

/**
 * Somebody has changed a bucket past Terraform and left a lock behind; the drift check opens an issue, the lock is
 * released, the stack is applied, and the issue closes.
 */
async function mendDrift(rehearsal: Rehearsal): Promise<void> {
  const { checks } = rehearsal;
  await suspendVersioning(rehearsal);
  await runDriftCheck(rehearsal);
  checks.equal("the drift has one issue, and nothing else has any", await driftIssues(rehearsal), [
    `open: ${stack} has drifted`,
  ]);
  await unlock(rehearsal);
  await apply(rehearsal);
  await runDriftCheck(rehearsal);
  checks.equal("the issue is closed", await driftIssues(rehearsal), [`closed: ${stack} has drifted`]);
}

async function unlock(rehearsal: Rehearsal): Promise<void> {
  const { checks, servers } = rehearsal;
  const id = await leaveLock(rehearsal, stack);
  checks.equal("a killed Terraform leaves its lock in both places", await locksOf(rehearsal, stack), [
    id,
    id,
  ]);
  const run = await runOnMain(rehearsal, {
    title: `unlock ${stack} by hand`,
    workflow: "operate.yml",
    inputs: {
      ...{ stack, operation: "unlock", "lock-id": id },
      // No workflow run took it, so nothing can say that its holder is over.
      ...{ force: "true", reason: "the computer that held it went down" },
    },
  });
  checks.hold("operate released the lock", run.succeeded, faultsOf(run));
  checks.equal("it is gone from both places", await locksOf(rehearsal, stack), []);
  const kept = (await servers.github.issues()).filter(({ title }) => title.startsWith("State lock of"));
  checks.equal(
    "an issue keeps who released it",
    kept.map(({ title, body }) => [title, body?.includes(id)]),
    [[`State lock of ${stack} released by hand`, true]],
  );
}

async function apply(rehearsal: Rehearsal): Promise<void> {
  const { checks } = rehearsal;
  const run = await runOnMain(rehearsal, {
    title: `apply ${stack} by hand`,
    workflow: "operate.yml",
    inputs: { stack, operation: "apply", confirm: "" },
  });
  checks.hold("operate applied what was approved", run.succeeded, faultsOf(run));
  for (const [job, status] of [
    ["plan", "changes"],
    ["apply", "applied"],
  ] as const)
    checks.equal(
      `its ${job} is of that stack's drift alone`,
      [...(await resultsOf(run, `result-${job}-`)).values()].map((result) => [
        result.stack,
        result.status,
        result.changes.map(({ address, action }) => `${action} ${address.split(".")[0]}`),
      ]),
      [[stack, status, ["update aws_s3_bucket_versioning"]]],
    );
  checks.hold("the bucket is as the configuration says", await isVersioned(rehearsal));
}
