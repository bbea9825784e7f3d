import { execFile, spawn } from "node:child_process";
import { rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { localState } from "./work-folder.ts";

const execute = promisify(execFile);
const override = "bootstrap_override.tf.json";
const planFile = "bootstrap.tfplan";

/** Terraform in one stack's folder. Its output goes to the terminal. */
export class Terraform {
  readonly folder: string;

  constructor(folder: string) {
    this.folder = folder;
  }

  /** Keeps the state in this folder instead of the bucket, which is not there yet. */
  async initLocal(): Promise<void> {
    const backend = { local: { path: localState } };
    await writeFile(join(this.folder, override), JSON.stringify({ terraform: { backend } }));
    await this.succeed(["init", "-input=false", "-lockfile=readonly", "-reconfigure"]);
  }

  async init(): Promise<void> {
    await this.succeed(["init", "-input=false", "-lockfile=readonly", "-reconfigure"]);
  }

  /** Copies the local state into the bucket. */
  async migrate(): Promise<void> {
    await rm(join(this.folder, override), { force: true });
    await this.succeed(["init", "-input=false", "-lockfile=readonly", "-migrate-state", "-force-copy"]);
  }

  /** Shows what would change and keeps the plan for {@link applyPlan}. True when something would. */
  async plan(): Promise<boolean> {
    const code = await this.run(["plan", "-input=false", "-detailed-exitcode", `-out=${planFile}`]);
    if (code === 0) return false;
    if (code === 2) return true;
    throw new Error(`terraform plan failed in ${this.folder}.`);
  }

  async applyPlan(): Promise<void> {
    try {
      await this.succeed(["apply", "-input=false", planFile]);
    } finally {
      await rm(join(this.folder, planFile), { force: true });
    }
  }

  private async succeed(args: readonly string[]): Promise<void> {
    const code = await this.run(args);
    if (code !== 0) throw new Error(`terraform ${args[0] ?? ""} failed in ${this.folder}.`);
  }

  /** An interrupt of the terminal reaches Terraform by itself, once; we only wait for it to end. */
  private async run(args: readonly string[]): Promise<number> {
    const ignore = () => undefined;
    process.on("SIGINT", ignore);
    try {
      const child = spawn("terraform", args, { cwd: this.folder, env: environment(), stdio: "inherit" });
      const { promise, resolve, reject } = Promise.withResolvers<number>();
      child.on("error", reject);
      child.on("close", (code) => resolve(code ?? 1));
      return await promise;
    } finally {
      process.off("SIGINT", ignore);
    }
  }
}

/** Lock files in S3 are complete since 1.11. */
export async function requireTerraform(): Promise<void> {
  let text: string;
  try {
    text = (await execute("terraform", ["version", "-json"], { env: environment() })).stdout;
  } catch (cause) {
    throw new Error("Terraform is not on the PATH. Install 1.11 or newer.", { cause });
  }
  const version = /"terraform_version":\s*"(\d+)\.(\d+)/.exec(text);
  const [major, minor] = [Number(version?.[1]), Number(version?.[2])];
  if (!(major > 1 || (major === 1 && minor >= 11))) throw new Error("Terraform 1.11 or newer is needed.");
}

function environment(): NodeJS.ProcessEnv {
  const { TF_WORKSPACE: _workspace, TF_DATA_DIR: _dataDir, ...rest } = process.env;
  return { ...rest, TF_IN_AUTOMATION: "1" };
}
