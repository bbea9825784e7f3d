import type { Detection } from "../../../actions/shared/src/contracts/detection.ts";
import { recordPrefix } from "../../../actions/shared/src/contracts/plan-record.ts";
import type { StackResult } from "../../../actions/shared/src/contracts/stack-result.ts";
import type { Rehearsal, RunReport } from "../rehearsal.ts";
import type { PullRequest } from "../repository.ts";
import { faultsOf, runWorkflow } from "../workflow-run.ts";
import { detectionOf, ids, resultsOf } from "./results.ts";

export interface Planned {
  readonly pull: PullRequest;
  readonly title: string;
  readonly detection: Detection;
  readonly results: ReadonlyMap<string, StackResult>;
}

export interface Proposal {
  readonly branch: string;
  readonly title: string;
  readonly body: string;
  /** Stacks that must be planned, and no others. */
  readonly stacks: readonly string[];
}

/** Opens a pull request and runs its workflow: every affected stack's plan must be in its one comment. */
export async function openPullRequest(rehearsal: Rehearsal, proposal: Proposal): Promise<Planned> {
  const { checks, repository, servers } = rehearsal;
  const { title, body, branch } = proposal;
  const number = await servers.github.openPull({ title, body, headRef: branch });
  const pull = await repository.pullRequest(number, branch);
  servers.github.setCommits({ ...pull, headRef: branch, merged: false, commits: [pull.head, pull.merge] });
  rehearsal.pulls.push({ pull, title, body, shown: [] });
  const run = await runWorkflow(rehearsal, {
    title: `#${number} ${title}`,
    workflow: "pull-request.yml",
    event: "pull_request",
    ref: `refs/pull/${number}/merge`,
    commit: pull.merge,
    payload: { action: "opened", number, pull_request: payloadOf(rehearsal, pull, proposal) },
    headRef: branch,
    pullRequest: number,
  });
  checks.hold("the pull request's workflow succeeded", run.succeeded, faultsOf(run));
  const detection = await detectionOf(run);
  checks.equal(
    "the stacks that it concerns are affected, and no others",
    ids(detection.affected),
    [...proposal.stacks].sort(),
  );
  const results = await resultsOf(run);
  checks.equal("each of them has a plan", [...results.keys()].sort(), ids(detection.affected));
  await checkComment(rehearsal, number, [...proposal.stacks]);
  await checkRecords(rehearsal, results, run);
  return { pull, title, detection, results };
}

function payloadOf(rehearsal: Rehearsal, pull: PullRequest, { title, body, branch }: Proposal): object {
  const { repository: full_name } = rehearsal.map;
  const repo = { id: 2, full_name, fork: false };
  const user = { login: "ada", id: 3, type: "User" };
  return {
    number: pull.number,
    ...{ title, body, user, state: "open", draft: false, merged: false, merge_commit_sha: pull.merge },
    head: { ref: branch, sha: pull.head, repo, user },
    base: { ref: "main", sha: pull.base, repo },
  };
}

async function checkComment(
  { checks, servers }: Rehearsal,
  number: number,
  stacks: readonly string[],
): Promise<void> {
  const comments = await servers.github.comments(number);
  checks.equal("there is one comment", comments.length, 1);
  const body = comments[0]?.body ?? "";
  checks.equal(
    "it shows every one of them",
    stacks.filter((stack) => !body.includes(stack)),
    [],
  );
}

async function checkRecords(
  { account, checks, map }: Rehearsal,
  results: ReadonlyMap<string, StackResult>,
  run: RunReport,
): Promise<void> {
  const records = await account.list(map.store.bucket, "records/");
  const without = [...results.values()].filter(
    ({ stack, digest }) =>
      !records.some(({ key }) => key === `${recordPrefix(stack, digest)}${run.id}-1.json`),
  );
  checks.equal(
    "each plan is recorded under its configuration's digest",
    without.map(({ stack }) => stack),
    [],
  );
}
