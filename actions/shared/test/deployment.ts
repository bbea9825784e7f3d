import type { ChildProcess } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { CreateBucketCommand, GetObjectCommand, ListObjectsV2Command, S3Client } from "@aws-sdk/client-s3";
import { detectionSchema } from "../src/contracts/detection.ts";
import { type StackResult, stackResultSchema } from "../src/contracts/stack-result.ts";
import { type ActionRun, runActionProcess } from "./action-process.ts";
import type { MotoServer } from "./moto-server.ts";
import { TemporaryRepository } from "./temporary-repository.ts";

const region = "eu-west-1";
const account = "123456789012";
export const bucket = "state";

export interface MapOptions {
  /** Lines of one stack's entry, by id, beside environment and paths. */
  readonly stacks: Readonly<Record<string, string>>;
  readonly unreviewed?: string;
}

/** A stack map of plain Terraform folders, each in the folder of its id. */
export function stackMapText({ stacks, unreviewed = "plan-only" }: MapOptions): string {
  const entries = Object.entries(stacks).map(
    ([id, rest]) => `  ${id}:\n    environment: stage\n    paths: ["${id}/**"]\n    folder: ${id}\n${rest}`,
  );
  return `version: 1
project: demo
repository: acme/demo
state: { bucket: ${bucket}, region: ${region} }
environments:
  stage: { account: "${account}", region: ${region}, unreviewed: ${unreviewed} }
stacks:
${entries.join("")}`;
}

/** A root module whose state is where the map above says. */
export function rootModule(id: string, body: string): string {
  return `terraform {
  backend "s3" {
    bucket       = "${bucket}"
    key          = "${id}/terraform.tfstate"
    region       = "${region}"
    use_lockfile = true
    use_path_style              = true
    skip_credentials_validation = true
    skip_requesting_account_id  = true
    skip_metadata_api_check     = true
  }
}
${body}`;
}

/** For root modules that use AWS. */
export const awsProvider = `
terraform {
  required_providers {
    aws = { source = "hashicorp/aws", version = "5.100.0" }
  }
}
provider "aws" {
  s3_use_path_style           = true
  skip_credentials_validation = true
  skip_requesting_account_id  = true
  skip_metadata_api_check     = true
}
`;

export interface Step extends ActionRun {
  readonly results: ReadonlyMap<string, StackResult>;
  /** Everything that leaves the job: log, summary, outputs, results. */
  readonly visible: string;
}

let runs = 1_000;

/** A repository, a stack map and an S3 bucket of its own, with plan and apply run as the runner runs them. */
export class Deployment implements Disposable {
  readonly repository: TemporaryRepository;
  private readonly moto: MotoServer;
  readonly s3: S3Client;

  private constructor(moto: MotoServer, repository: TemporaryRepository) {
    this.moto = moto;
    this.repository = repository;
    this.s3 = new S3Client({
      region,
      endpoint: moto.url,
      credentials: { accessKeyId: "test", secretAccessKey: "test" },
    });
  }

  static async create(moto: MotoServer, files: Readonly<Record<string, string>>): Promise<Deployment> {
    await fetch(`${moto.url}/moto-api/reset`, { method: "POST" });
    const deployment = new Deployment(moto, TemporaryRepository.create(files));
    const configuration = { LocationConstraint: region } as const;
    await deployment.s3.send(
      new CreateBucketCommand({ Bucket: bucket, CreateBucketConfiguration: configuration }),
    );
    return deployment;
  }

  plan(inputs: Readonly<Record<string, string>>, options: StepOptions = {}): Promise<Step> {
    return this.run("plan", inputs, { pullRequest: 7, ...options });
  }

  apply(inputs: Readonly<Record<string, string>>, options: StepOptions = {}): Promise<Step> {
    return this.run("apply", inputs, options);
  }

  async keys(prefix = ""): Promise<string[]> {
    const { Contents = [] } = await this.s3.send(
      new ListObjectsV2Command({ Bucket: bucket, Prefix: prefix }),
    );
    return Contents.map(({ Key = "" }) => Key);
  }

  async object(key: string): Promise<string> {
    const { Body } = await this.s3.send(new GetObjectCommand({ Bucket: bucket, Key: key }));
    return (await Body?.transformToString()) ?? "";
  }

  async marker(
    stack: string,
  ): Promise<{ commit: string; digest: string; operation: string; serial?: number }> {
    return JSON.parse(await this.object(`deployments/${stack}.json`));
  }

  get head(): string {
    return this.repository.git("rev-parse", "HEAD");
  }

  private async run(
    action: string,
    inputs: Readonly<Record<string, string>>,
    options: StepOptions,
  ): Promise<Step> {
    const outside = `${this.repository.folder}/.git/runner`;
    mkdirSync(outside, { recursive: true });
    const commit = options.commit ?? this.head;
    const detection = `${outside}/detection.json`;
    writeFileSync(detection, JSON.stringify(detectionOf(commit, options)));
    const results = `.git/runner/results-${++runs}`;
    const given = { assume: "false", map: "stacks.yml", detection, results, ...inputs };
    const env = {
      ...this.moto.env,
      GITHUB_WORKSPACE: this.repository.folder,
      RUNNER_TEMP: outside,
      GITHUB_SHA: commit,
      GITHUB_REPOSITORY: "acme/demo",
      GITHUB_RUN_ID: options.runId ?? String(runs),
      GITHUB_RUN_ATTEMPT: "1",
      GITHUB_WORKFLOW: action,
      ...(process.env["TF_CLI_CONFIG_FILE"] === undefined
        ? {}
        : { TF_CLI_CONFIG_FILE: process.env["TF_CLI_CONFIG_FILE"] }),
      ...options.env,
    };
    const step = await runActionProcess(action, given, env, options.watch);
    const folder = join(this.repository.folder, results);
    const texts = existsSync(folder)
      ? readdirSync(folder).map((name) => readFileSync(join(folder, name), "utf8"))
      : [];
    const parsed = texts.map((text) => stackResultSchema.parse(JSON.parse(text)));
    return {
      ...step,
      results: new Map(parsed.map((result) => [result.stack, result])),
      visible: [step.log, step.summary, JSON.stringify(step.outputs), ...texts].join("\n"),
    };
  }

  [Symbol.dispose](): void {
    this.s3.destroy();
    this.repository[Symbol.dispose]();
  }
}

export interface StepOptions {
  readonly commit?: string;
  /** Head of the pull request; the commit itself where it is left out. */
  readonly head?: string;
  readonly runId?: string;
  /** Undefined: not in a pull request. */
  readonly pullRequest?: number | undefined;
  readonly env?: Readonly<Record<string, string>>;
  /** Gets the process, to signal it. */
  readonly watch?: (child: ChildProcess) => void;
}

function detectionOf(commit: string, { head = commit, pullRequest }: StepOptions) {
  return detectionSchema.parse({
    version: 1,
    event: pullRequest === undefined ? "push" : "pull_request",
    commit,
    head,
    ...(pullRequest === undefined ? {} : { pullRequest }),
    affected: [],
    unchanged: [],
    removed: [],
    warnings: [],
  });
}
