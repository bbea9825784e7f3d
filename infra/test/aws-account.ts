import { spawn } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { Processes } from "../../rehearsal/src/processes.ts";
import { type AwsFront, administrator, startAwsFront } from "../../rehearsal/src/servers/aws-front.ts";
import { startMoto } from "../../rehearsal/src/servers/moto.ts";
import { root } from "./repository.ts";

/** An AWS account on this machine that holds every call to the caller's policies. */
export interface AwsAccount {
  readonly folder: string;
  readonly front: AwsFront;
  /** Environment of the account's administrator. */
  readonly administrator: Record<string, string>;
  /** Environment with a session of a role. */
  assume(role: string): Promise<Record<string, string>>;
  close(): Promise<void>;
}

export async function openAccount(account: string): Promise<AwsAccount> {
  const folder = mkdtempSync(join(tmpdir(), "account-"));
  const processes = new Processes();
  const base = baseEnvironment(folder);
  const moto = await startMoto(processes, {
    program: join(root, ".venv/bin/moto_server"),
    account,
    cwd: folder,
    env: base,
    log: () => undefined,
  });
  const front = await startAwsFront({ motoUrl: moto.url, account, issuerUrl: "http://127.0.0.1:9" });
  const env = { ...base, AWS_ENDPOINT_URL: front.url };
  const as = (keys: { accessKeyId: string; secretAccessKey: string; sessionToken?: string }) => ({
    ...env,
    AWS_ACCESS_KEY_ID: keys.accessKeyId,
    AWS_SECRET_ACCESS_KEY: keys.secretAccessKey,
    ...(keys.sessionToken === undefined ? {} : { AWS_SESSION_TOKEN: keys.sessionToken }),
  });
  return {
    folder,
    front,
    administrator: as(administrator),
    assume: async (role) => as(await front.serviceSession(`arn:aws:iam::${account}:role/${role}`)),
    async close() {
      await front.close();
      await processes.endAll();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

function baseEnvironment(folder: string): Record<string, string> {
  const home = join(folder, "home");
  mkdirSync(home);
  return {
    PATH: [join(root, "node_modules/.bin"), process.env["PATH"] ?? ""].join(delimiter),
    HOME: home,
    TMPDIR: folder,
    ...terraformSettings(),
    AWS_REGION: "eu-west-1",
    AWS_EC2_METADATA_DISABLED: "true",
    CHECKPOINT_DISABLE: "1",
    NO_PROXY: "127.0.0.1",
  };
}

/** Where Terraform takes the provider from; a setting that names no file would only make it warn. */
function terraformSettings(): Record<string, string> {
  const file = process.env["TF_CLI_CONFIG_FILE"];
  return file !== undefined && existsSync(file) ? { TF_CLI_CONFIG_FILE: file } : {};
}

export interface Ended {
  readonly code: number;
  readonly text: string;
}

/** Runs a program to its end and keeps what it printed. */
export async function runToEnd(
  program: string,
  args: readonly string[],
  given: { readonly cwd: string; readonly env: Record<string, string> },
): Promise<Ended> {
  const child = spawn(program, args, { ...given, stdio: ["ignore", "pipe", "pipe"] });
  const output: Buffer[] = [];
  child.stdout.on("data", (chunk: Buffer) => output.push(chunk));
  child.stderr.on("data", (chunk: Buffer) => output.push(chunk));
  const { promise, resolve, reject } = Promise.withResolvers<number>();
  child.on("error", reject);
  child.on("close", (code) => resolve(code ?? -1));
  return { code: await promise, text: Buffer.concat(output).toString("utf8") };
}
