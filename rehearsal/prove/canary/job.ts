import { spawn } from "node:child_process";
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { commentBudget, render, summaryBudget } from "../../../actions/comment/src/render.ts";
import { reportOf } from "../../../actions/comment/src/report.ts";
import { readAction } from "../../../actions/readme.ts";
import { detectionSchema } from "../../../actions/shared/src/contracts/detection.ts";
import { region } from "./configuration.ts";

/** Everything that leaves a job, by where it goes. */
export type Surfaces = Readonly<Record<"log" | "summary" | "outputs" | "results" | "comment", string>>;

export interface Job {
  readonly surfaces: Surfaces;
  readonly status: string;
}

export interface JobOptions {
  readonly folder: string;
  readonly commit: string;
  readonly aws: string;
  readonly runId: string;
  /** Variables that come from GitHub's secrets. */
  readonly secrets: Readonly<Record<string, string>>;
}

/** Runs the built plan or apply as the runner would, and shows the results as comment does. */
export async function runJob(action: "plan" | "apply", job: JobOptions): Promise<Job> {
  const { folder, commit, runId, secrets } = job;
  const outside = join(folder, ".git", `job-${runId}-${action}`);
  mkdirSync(outside, { recursive: true });
  const detection = detectionSchema.parse({
    version: 1,
    event: action === "plan" ? "pull_request" : "push",
    commit,
    head: commit,
    ...(action === "plan" ? { pullRequest: 7 } : {}),
    affected: [{ id: "app", environment: "stage", wave: 1, reason: "changed" }],
    unchanged: [],
    removed: [],
    warnings: [],
  });
  writeFileSync(join(outside, "detection.json"), JSON.stringify(detection));
  const inputs = { ...defaultsOf(action), stacks: "app", assume: "false", map: "stacks.yml" };
  const here = { detection: join(outside, "detection.json"), results: join(outside, "results") };
  const env = { ...environment(job, action), ...inputVariables({ ...inputs, ...here }) };
  const files = runnerFiles(outside);
  const child = spawn(process.execPath, [mainOf(action)], {
    cwd: folder,
    env: { ...env, ...files, HOME: outside, RUNNER_TEMP: outside },
    stdio: ["ignore", "pipe", "pipe"],
  });
  const [out, err] = await Promise.all([text(child.stdout), text(child.stderr)]);
  const results = readdirSync(here.results).map((name) => ({
    name,
    text: readFileSync(join(here.results, name), "utf8"),
  }));
  const run = { serverUrl: "https://github.com", repository: "acme/proof", id: runId, attempt: 1 };
  const report = reportOf(action, detection, { files: results, run });
  const surfaces = {
    log: asRunnerShows(out + err, Object.values(secrets)),
    summary: readFileSync(join(outside, "GITHUB_STEP_SUMMARY"), "utf8") + render(report, summaryBudget),
    outputs: readFileSync(join(outside, "GITHUB_OUTPUT"), "utf8"),
    results: results.map((result) => result.text).join("\n"),
    comment: render(report, commentBudget),
  };
  rmSync(outside, { recursive: true });
  return { surfaces, status: report.stacks[0]?.result?.status ?? "none" };
}

const mainOf = (action: string) =>
  join(import.meta.dirname, "..", "..", "..", "actions", action, "dist", "index.js");

function environment({ folder, commit, aws, runId, secrets }: JobOptions, action: string) {
  return {
    PATH: process.env["PATH"],
    TF_CLI_CONFIG_FILE: process.env["TF_CLI_CONFIG_FILE"],
    AWS_ENDPOINT_URL: aws,
    AWS_ACCESS_KEY_ID: "test",
    AWS_SECRET_ACCESS_KEY: "test",
    AWS_REGION: region,
    AWS_EC2_METADATA_DISABLED: "true",
    GITHUB_WORKSPACE: folder,
    GITHUB_SHA: commit,
    GITHUB_REPOSITORY: "acme/proof",
    GITHUB_RUN_ID: runId,
    GITHUB_WORKFLOW: action,
    ...secrets,
  };
}

/** The files through which a step speaks to the runner, empty. */
function runnerFiles(folder: string): Record<string, string> {
  const names = ["GITHUB_OUTPUT", "GITHUB_ENV", "GITHUB_STATE", "GITHUB_STEP_SUMMARY"];
  for (const name of names) writeFileSync(join(folder, name), "");
  return Object.fromEntries(names.map((name) => [name, join(folder, name)]));
}

function defaultsOf(action: string): Record<string, string> {
  return Object.fromEntries(
    Object.entries(readAction(action).inputs).map(([name, { default: given = "" }]) => [
      name,
      given.startsWith("${{") ? "" : given,
    ]),
  );
}

function inputVariables(inputs: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(inputs).map(([name, value]) => [`INPUT_${name.toUpperCase()}`, value]),
  );
}

/**
 * The log as the runner shows it: what is a secret of the job, or was declared one by then, is masked, line by
 * line, also as JSON, URLs and base64 write it.
 */
function asRunnerShows(log: string, secrets: readonly string[]): string {
  const masks = new Set<string>();
  const declare = (value: string) => {
    for (const line of [value, ...value.split(/\r?\n/)])
      if (line.trim() !== "") for (const form of encodings(line)) masks.add(form);
  };
  for (const secret of secrets) declare(secret);
  const shown: string[] = [];
  let stopped: string | undefined;
  for (const line of log.split("\n")) {
    const command = /^::([\w-]+)(?: [^:]*)?::(.*)$/.exec(line);
    if (stopped !== undefined) {
      if (line === `::${stopped}::`) stopped = undefined;
    } else if (command?.[1] === "stop-commands") stopped = command[2];
    else if (command?.[1] === "add-mask") {
      declare(unescaped(command[2] ?? ""));
      continue;
    }
    let clean = line;
    for (const mask of masks) clean = clean.replaceAll(mask, "***");
    shown.push(clean);
  }
  return shown.join("\n");
}

const unescaped = (data: string) =>
  data.replaceAll("%0A", "\n").replaceAll("%0D", "\r").replaceAll("%25", "%");

function encodings(value: string): string[] {
  const bytes = Buffer.from(value);
  const shifted = [0, 1, 2].map((drop) => bytes.subarray(drop).toString("base64"));
  return [value, JSON.stringify(value).slice(1, -1), encodeURIComponent(value), ...shifted].filter(
    (form) => form.length >= 4,
  );
}
