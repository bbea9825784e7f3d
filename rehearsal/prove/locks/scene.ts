import { execFileSync } from "node:child_process";
import { existsSync, globSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

export const bucket = "state";
export const region = "eu-west-1";
export const table = "locks";

/** Which of Terraform's two locks a backend uses. */
export type Kinds = "file" | "table" | "both";

const startSeconds = 90;

/** A checkout with one stack whose only resource takes for ever, until it is told to be quick. */
export class Scene implements Disposable {
  readonly folder: string;
  readonly stack: string;
  readonly commit: string;

  constructor(stack: string, kinds: Kinds) {
    this.stack = stack;
    this.folder = mkdtempSync(join(tmpdir(), "locks-"));
    mkdirSync(join(this.folder, stack));
    writeFileSync(join(this.folder, "stacks.yml"), mapText(stack));
    writeFileSync(join(this.folder, stack, "main.tf"), this.moduleText(kinds));
    this.git("init", "--quiet", "--initial-branch=main");
    this.git("add", "stacks.yml", stack);
    this.git("commit", "--quiet", "--message", "first");
    this.commit = this.git("rev-parse", "HEAD");
    mkdirSync(this.temporary, { recursive: true });
  }

  get key(): string {
    return `${this.stack}/terraform.tfstate`;
  }

  /** What the runner gives to an action for its scratch. */
  get temporary(): string {
    return join(this.folder, ".git", "runner");
  }

  /** Returns once Terraform is at the resource, and so holds the lock. */
  async begun(): Promise<void> {
    for (let tries = 0; tries < startSeconds * 10; tries++) {
      if (existsSync(join(this.temporary, "begun"))) return;
      await sleep(100);
    }
    throw new Error(`Terraform did not get to the resource within ${startSeconds} s`);
  }

  beQuick(): void {
    writeFileSync(join(this.temporary, "quick"), "");
  }

  /** Kills Terraform, its provider and its command, as a runner that is lost does. */
  killTerraform(): void {
    for (const note of globSync(join(this.temporary, "apply-*", "running.json"))) {
      const { pid } = JSON.parse(readFileSync(note, "utf8")) as { pid: number };
      process.kill(-pid, "SIGKILL");
    }
  }

  private moduleText(kinds: Kinds): string {
    const { temporary } = this;
    return `terraform {
  backend "s3" {
    bucket       = "${bucket}"
    key          = "${this.key}"
    region       = "${region}"
    use_lockfile = ${kinds !== "table"}
    ${kinds === "file" ? "" : `dynamodb_table = "${table}"`}
    use_path_style              = true
    skip_credentials_validation = true
    skip_requesting_account_id  = true
    skip_metadata_api_check     = true
  }
}
resource "terraform_data" "slow" {
  provisioner "local-exec" {
    command = "test -e ${temporary}/quick || { touch ${temporary}/begun; exec sleep 600; }"
  }
}
`;
  }

  private git(...args: readonly string[]): string {
    const identity = ["-c", "user.name=Proof", "-c", "user.email=proof@example.com"];
    return execFileSync("git", [...identity, ...args], { cwd: this.folder, encoding: "utf8" }).trim();
  }

  [Symbol.dispose](): void {
    rmSync(this.folder, { recursive: true, force: true });
  }
}

/** The map names the table in every case: both places are read, whichever a backend uses. */
const mapText = (stack: string) => `version: 1
project: proof
repository: acme/proof
state: { bucket: ${bucket}, region: ${region}, table: ${table} }
environments:
  stage: { account: "123456789012", region: ${region}, unreviewed: apply }
stacks:
  ${stack}: { environment: stage, folder: ${stack}, paths: ["${stack}/**"] }
`;
