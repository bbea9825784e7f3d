import { mkdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { parse } from "yaml";
import { z } from "zod";
import { runWithAct } from "./act.ts";
import type { LogListener } from "./act-log.ts";
import { author, type Rehearsal, type RunReport } from "./rehearsal.ts";
import type { TokenRun } from "./servers/oidc-issuer.ts";
import { standInsFor } from "./stand-ins.ts";

export interface RunRequest {
  readonly title: string;
  /** `deploy.yml`. */
  readonly workflow: string;
  readonly event: "pull_request" | "push" | "workflow_dispatch";
  readonly ref: string;
  readonly commit: string;
  /** Parts of the event's payload beside `repository` and `sender`. */
  readonly payload: Readonly<Record<string, unknown>>;
  readonly pullRequest?: number | undefined;
  readonly headRef?: string | undefined;
}

const firstRunId = 4_700_000_001;

/** Runs one of the repository's own workflows, as GitHub would for this event, and notes how it went. */
export async function runWorkflow(rehearsal: Rehearsal, request: RunRequest): Promise<RunReport> {
  const { servers, repository, runs, progress } = rehearsal;
  const id = firstRunId + runs.length;
  const place = join(rehearsal.work, "runs", String(id));
  const artifacts = join(place, "artifacts");
  await mkdir(artifacts, { recursive: true });
  const folder = join(place, "repository");
  await repository.clone(folder, request.commit);
  const path = `.github/workflows/${request.workflow}`;
  const name = z
    .object({ name: z.string().default(path) })
    .parse(parse(await readFile(join(folder, path), "utf8"))).name;
  const token = tokenRun(rehearsal.map.repository, { id, name, path, request });
  note(rehearsal, { id, name, path, request, conclusion: null });
  const { requestUrl, requestToken } = servers.oidc.admit(token);
  progress.line(`${request.workflow} runs for ${request.title}`);
  const result = await runWithAct(
    rehearsal.processes,
    {
      folder,
      workflow: request.workflow,
      event: request.event,
      payload: { ...request.payload, ...commonPayload(rehearsal.map.repository) },
      env: runEnvironment(rehearsal, { id, request, artifacts }),
      secrets: { GITHUB_TOKEN: servers.github.token, REHEARSAL_REQUEST_TOKEN: requestToken },
      vars: { REHEARSAL_TOKEN_URL: requestUrl },
      standIns: standInsFor(repository.actions.get(request.workflow) ?? []),
      actor: author,
      work: place,
      log: join(rehearsal.options.out, "logs", `${id}-${request.workflow.replace(/\.ya?ml$/, "")}.log`),
    },
    rehearsal.env,
    listener(rehearsal),
  );
  servers.oidc.dismiss(requestToken);
  note(rehearsal, { id, name, path, request, conclusion: result.succeeded ? "success" : "failure" });
  const { title, event, ref, commit, pullRequest } = request;
  const report: RunReport = {
    id,
    title,
    workflow: request.workflow,
    event,
    ref,
    commit,
    pullRequest,
    ...result,
    artifacts,
  };
  runs.push(report);
  await keepComments(rehearsal, report);
  return report;
}

/** The bot keeps one comment up to date; what it said after this run would be lost with the next. */
async function keepComments({ pulls, servers }: Rehearsal, run: RunReport): Promise<void> {
  const opened = pulls.find(({ pull }) => pull.number === run.pullRequest);
  if (opened === undefined) return;
  for (const comment of await servers.github.comments(opened.pull.number))
    opened.shown.push({ after: run.workflow, comment });
}

interface Named {
  readonly id: number;
  readonly name: string;
  readonly path: string;
  readonly request: RunRequest;
}

function tokenRun(repository: string, { id, name, path, request }: Named): TokenRun {
  return {
    id: String(id),
    attempt: 1,
    repository,
    workflow: path,
    workflowName: name,
    event: request.event,
    ref: request.ref,
    sha: request.commit,
    actor: author,
    headRef: request.headRef,
    baseRef: request.event === "pull_request" ? "main" : undefined,
  };
}

interface Noted extends Named {
  readonly conclusion: string | null;
}

function note({ servers }: Rehearsal, { id, name, path, request, conclusion }: Noted): void {
  servers.github.setRun({
    id,
    name,
    path,
    event: request.event,
    head_sha: request.commit,
    head_branch: request.headRef ?? request.ref.replace(/^refs\/heads\//, ""),
    run_attempt: 1,
    status: conclusion === null ? "in_progress" : "completed",
    conclusion,
    created_at: new Date().toISOString(),
  });
}

function commonPayload(repository: string): object {
  const [owner = "", name = ""] = repository.split("/");
  return {
    repository: {
      id: 2,
      name,
      full_name: repository,
      owner: { login: owner, id: 1 },
      default_branch: "main",
      private: true,
    },
    sender: { login: author, id: 3, type: "User" },
  };
}

interface Place {
  readonly id: number;
  readonly request: RunRequest;
  readonly artifacts: string;
}

function runEnvironment(rehearsal: Rehearsal, { id, request, artifacts }: Place): Record<string, string> {
  const { servers, repository, map } = rehearsal;
  return {
    GITHUB_REPOSITORY: map.repository,
    GITHUB_REPOSITORY_OWNER: map.repository.split("/")[0] ?? "",
    GITHUB_REF: request.ref,
    // act takes the commit from this name, and sets GITHUB_SHA.
    SHA_REF: request.commit,
    GITHUB_API_URL: servers.github.url,
    GITHUB_RUN_ID: String(id),
    GITHUB_RUN_NUMBER: String(id - firstRunId + 1),
    GITHUB_RUN_ATTEMPT: "1",
    GITHUB_WORKFLOW_REF: `${map.repository}/.github/workflows/${request.workflow}@${request.ref}`,
    AWS_ENDPOINT_URL: servers.aws.url,
    REHEARSAL_ARTIFACTS: artifacts,
    REHEARSAL_ORIGIN: repository.origin,
    REHEARSAL_NODE_MODULES: join(rehearsal.source, "node_modules"),
  };
}

function listener({ progress }: Rehearsal): LogListener {
  return {
    jobStarted: (job) => progress.line(`  ${job.name} …`),
    stepEnded: (job, step) => {
      if (step.result === "failure") progress.failed(`  ${job.name}: ${step.name}`, step.milliseconds);
    },
    jobEnded: (job) => {
      if (job.result === "success") progress.done(`  ${job.name}`, job.milliseconds);
      else progress.failed(`  ${job.name}`, job.milliseconds);
    },
  };
}

/** What a failed run says, for the message that ends the rehearsal. */
export function faultsOf(run: RunReport): string {
  const ofJobs = run.jobs.flatMap((job) => [
    ...job.annotations
      .filter(({ level }) => level === "error")
      .map(({ message }) => `${job.name}: ${message}`),
    ...job.steps
      .filter(({ result }) => result === "failure")
      .map(({ name, output }) => `${job.name}, ${name}:\n${output.join("\n")}`),
  ]);
  return [...ofJobs, ...run.faults].join("\n");
}
