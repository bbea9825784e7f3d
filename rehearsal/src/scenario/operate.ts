import type { Rehearsal } from "../rehearsal.ts";
import { faultsOf, runWorkflow } from "../workflow-run.ts";
import { resultsOf } from "./results.ts";

const stack = "stage/storage/s3";

/** Step 5: one stack by hand, from the Actions tab. */
export async function operateByHand(rehearsal: Rehearsal): Promise<void> {
  const { checks, repository } = rehearsal;
  const commit = (await repository.git("-C", repository.origin, "rev-parse", "refs/heads/main")).trim();
  const run = await runWorkflow(rehearsal, {
    title: `plan ${stack} by hand`,
    workflow: "operate.yml",
    event: "workflow_dispatch",
    ref: "refs/heads/main",
    commit,
    payload: { ref: "refs/heads/main", inputs: { stack, operation: "plan", confirm: "" } },
  });
  checks.hold("operate succeeded", run.succeeded, faultsOf(run));
  const results = await resultsOf(run);
  checks.equal(
    "it planned that stack and found nothing to do",
    [...results].map(([id, { status }]) => [id, status]),
    [[stack, "no-changes"]],
  );
}
