import {
  deploymentMarkerSchema,
  markerKey,
  planRecordSchema,
  recordPrefix,
} from "../../../actions/shared/src/contracts/plan-record.ts";
import type { StackResult } from "../../../actions/shared/src/contracts/stack-result.ts";
import type { Rehearsal, RunReport } from "../rehearsal.ts";
import { faultsOf, runWorkflow } from "../workflow-run.ts";
import type { Planned } from "./pull-request.ts";
import { resultsOf } from "./results.ts";

export interface Deployed {
  readonly run: RunReport;
  readonly results: ReadonlyMap<string, StackResult>;
}

/** Merges a planned pull request and runs deploy: exactly what was reviewed must have been applied. */
export async function mergeAndDeploy(rehearsal: Rehearsal, planned: Planned): Promise<Deployed> {
  const { checks, repository, servers } = rehearsal;
  const { pull, title } = planned;
  const commit = await repository.merge(pull, title);
  await servers.github.mergePull(pull.number);
  servers.github.setCommits({
    ...pull,
    headRef: pull.branch,
    merge: commit,
    merged: true,
    commits: [pull.head, commit],
  });
  const noted = rehearsal.pulls.find((given) => given.pull.number === pull.number);
  if (noted !== undefined) noted.merged = commit;
  const run = await runWorkflow(rehearsal, {
    title: `merge of #${pull.number}`,
    workflow: "deploy.yml",
    event: "push",
    ref: "refs/heads/main",
    commit,
    payload: {
      ref: "refs/heads/main",
      before: pull.base,
      after: commit,
      head_commit: { id: commit },
      forced: false,
    },
    pullRequest: pull.number,
  });
  checks.hold("deploy succeeded", run.succeeded, faultsOf(run));
  const results = await resultsOf(run);
  const applied = [...results.values()]
    .filter(({ status }) => status === "applied")
    .map(({ stack }) => stack);
  const reviewed = [...planned.results.values()]
    .filter(({ status }) => status === "changes")
    .map(({ stack }) => stack);
  checks.equal(
    "every stack whose plan had changes was applied, and no other",
    applied.sort(),
    reviewed.sort(),
  );
  for (const stack of applied) await checkReviewed(rehearsal, results.get(stack) as StackResult);
  checkOrder(rehearsal, run);
  return { run, results };
}

/** What was applied is what the record says was reviewed. */
async function checkReviewed({ account, checks, map }: Rehearsal, result: StackResult): Promise<void> {
  const { bucket } = map.store;
  const [record] = await account.list(bucket, recordPrefix(result.stack, result.digest));
  const reviewed = planRecordSchema.parse(JSON.parse(await account.read(bucket, record?.key ?? "")));
  const marker = deploymentMarkerSchema.parse(
    JSON.parse(await account.read(bucket, markerKey(result.stack))),
  );
  checks.equal(
    `${result.stack}: what was applied is what was reviewed`,
    { digest: marker.digest, changes: changed(result.changes.map(({ address }) => address)) },
    {
      digest: reviewed.digest,
      changes: changed(
        reviewed.changes
          .filter(({ actions }) => !actions.every((action) => action === "no-op" || action === "read"))
          .map(({ address }) => address),
      ),
    },
  );
}

function changed(addresses: readonly string[]): string[] {
  return [...new Set(addresses)].sort();
}

/** No stack began before every stack that it comes after had ended. */
function checkOrder({ checks, map }: Rehearsal, run: RunReport): void {
  const jobs = run.jobs.flatMap((job) => {
    const shard = job.matrix["shard"] as { stacks?: string } | undefined;
    return (shard?.stacks ?? "")
      .split(" ")
      .filter(Boolean)
      .map((stack) => ({ stack, job }));
  });
  const wrong = jobs.flatMap(({ stack, job }) => {
    const after = map.stacks.get(stack)?.after ?? [];
    return jobs
      .filter(
        (other) =>
          after.includes(other.stack) && other.job.startedAt + other.job.milliseconds > job.startedAt,
      )
      .map((other) => `${stack} began before ${other.stack} had ended`);
  });
  checks.equal("the stacks were applied in the order of their dependencies", wrong, []);
}
