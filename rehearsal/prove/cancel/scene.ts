import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

export const bucket = "state";
export const region = "eu-west-1";

/** A checkout with one stack whose resources leave a file each when they are made. */
export class Scene implements Disposable {
  readonly folder: string;
  readonly stack: string;
  readonly commit: string;

  constructor(stack: string) {
    this.stack = stack;
    this.folder = mkdtempSync(join(tmpdir(), "cancel-"));
    mkdirSync(join(this.folder, stack));
    mkdirSync(this.made);
    writeFileSync(join(this.folder, "stacks.yml"), mapText(stack));
    writeFileSync(join(this.folder, stack, "main.tf"), moduleText(stack, this.made));
    this.git("init", "--quiet", "--initial-branch=main");
    this.git("add", "stacks.yml", stack);
    this.git("commit", "--quiet", "--message", "first");
    this.commit = this.git("rev-parse", "HEAD");
  }

  get stateKey(): string {
    return `${this.stack}/terraform.tfstate`;
  }

  /** Names of the resources that were made. */
  get resources(): string[] {
    return readdirSync(this.made).sort();
  }

  private get made(): string {
    return join(this.folder, ".made");
  }

  private git(...args: readonly string[]): string {
    const identity = ["-c", "user.name=Proof", "-c", "user.email=proof@example.com"];
    return execFileSync("git", [...identity, ...args], { cwd: this.folder, encoding: "utf8" }).trim();
  }

  [Symbol.dispose](): void {
    rmSync(this.folder, { recursive: true, force: true });
  }
}

const mapText = (stack: string) => `version: 1
project: proof
repository: acme/proof
state: { bucket: ${bucket}, region: ${region} }
environments:
  stage: { account: "123456789012", region: ${region}, unreviewed: apply }
stacks:
  ${stack}: { environment: stage, folder: ${stack}, paths: ["${stack}/**"] }
`;

/** Two chains of four, and four by themselves. */
function moduleText(stack: string, made: string): string {
  const resource = (name: string, after: string | undefined, seconds: number) => `
resource "terraform_data" "${name}" {
  input = "${name}"${after === undefined ? "" : `\n  depends_on = [terraform_data.${after}]`}
  provisioner "local-exec" {
    command = "touch ${made}/${name}; sleep ${seconds}"
  }
}`;
  const chains = ["a", "b"].flatMap((chain) =>
    [1, 2, 3, 4].map((link) =>
      resource(`${chain}${link}`, link === 1 ? undefined : `${chain}${link - 1}`, 0.25),
    ),
  );
  const alone = [1, 2, 3, 4].map((number) => resource(`c${number}`, undefined, 0.1 * number));
  return `terraform {
  backend "s3" {
    bucket       = "${bucket}"
    key          = "${stack}/terraform.tfstate"
    region       = "${region}"
    use_lockfile = true
    use_path_style              = true
    skip_credentials_validation = true
    skip_requesting_account_id  = true
    skip_metadata_api_check     = true
  }
}
${[...chains, ...alone].join("")}
`;
}
