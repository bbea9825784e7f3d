import { z } from "zod";
import { ActionError } from "./action-error.ts";
import type { Stack } from "./contracts/stack-map.ts";
import { scrub } from "./scrub.ts";

/** Terraform's command lines and what it says, as pure functions. */

export type Operation = "apply" | "destroy";

const always = ["-input=false", "-no-color"];

export function initArgs(stack: Stack, { lockFile }: { readonly lockFile: boolean }): string[] {
  const backend = stack.backendConfig.map((setting) => `-backend-config=${setting}`);
  return ["init", ...always, ...lockFileArgs({ lockFile }), ...backend];
}

function lockFileArgs({ lockFile }: { readonly lockFile: boolean }): string[] {
  return lockFile ? ["-lockfile=readonly"] : [];
}

/** A backend whose every workspace is empty, as text of an override file. */
export function emptyBackend(folder: string): string {
  return JSON.stringify({ terraform: { backend: { local: { workspace_dir: folder } } } });
}

export function emptyBackendArgs(options: { readonly lockFile: boolean }): string[] {
  return ["init", ...always, ...lockFileArgs(options), "-reconfigure"];
}

export interface PlanArgs {
  readonly operation: Operation;
  readonly planFile: string;
  /** Undefined: no lock is taken. */
  readonly lockTimeoutSeconds: number | undefined;
}

export function planArgs(stack: Stack, { operation, planFile, lockTimeoutSeconds }: PlanArgs): string[] {
  const lock = lockTimeoutSeconds === undefined ? "-lock=false" : `-lock-timeout=${lockTimeoutSeconds}s`;
  return [
    "plan",
    ...always,
    "-detailed-exitcode",
    lock,
    `-out=${planFile}`,
    ...(operation === "destroy" ? ["-destroy"] : []),
    ...stack.varFiles.map((file) => `-var-file=${file}`),
  ];
}

export function showArgs(planFile: string): string[] {
  return ["show", "-json", "-no-color", planFile];
}

export function applyArgs(planFile: string, lockTimeoutSeconds: number): string[] {
  return ["apply", ...always, `-lock-timeout=${lockTimeoutSeconds}s`, planFile];
}

const passed = new Set([
  "PATH",
  "HOME",
  "TMPDIR",
  "LANG",
  "TZ",
  "TF_CLI_CONFIG_FILE",
  "AWS_CA_BUNDLE",
  "AWS_USE_FIPS_ENDPOINT",
  "AWS_USE_DUALSTACK_ENDPOINT",
  "AWS_STS_REGIONAL_ENDPOINTS",
  "AWS_MAX_ATTEMPTS",
  "AWS_RETRY_MODE",
  "AWS_EC2_METADATA_DISABLED",
]);
const passedInEitherCase = new Set(["HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY", "ALL_PROXY"]);
const passedPrefixes = ["SSL_", "AWS_ENDPOINT_URL"];
const ambientCredentials = new Set([
  "AWS_ACCESS_KEY_ID",
  "AWS_SECRET_ACCESS_KEY",
  "AWS_SESSION_TOKEN",
  "AWS_PROFILE",
  "AWS_CONFIG_FILE",
  "AWS_SHARED_CREDENTIALS_FILE",
  "AWS_WEB_IDENTITY_TOKEN_FILE",
  "AWS_ROLE_ARN",
  "AWS_ROLE_SESSION_NAME",
  "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI",
  "AWS_CONTAINER_CREDENTIALS_FULL_URI",
  "AWS_CONTAINER_AUTHORIZATION_TOKEN",
  "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE",
  "AWS_REGION",
  "AWS_DEFAULT_REGION",
]);

export type Variables = Readonly<Record<string, string | undefined>>;

export interface TerraformEnvironment {
  readonly ambient: Variables;
  /** Variables of the stack's own credentials; undefined: those that the job's environment holds. */
  readonly credentials: Readonly<Record<string, string>> | undefined;
  readonly dataFolder: string;
}

/**
 * The environment that Terraform and its providers get: an allow-list, so that no token of the job reaches
 * them, with the variables that the stack names, and settings that are ours to make.
 */
export function terraformEnvironment(
  stack: Stack,
  { ambient, credentials, dataFolder }: TerraformEnvironment,
): Record<string, string> {
  const named = new Set(stack.env);
  const chosen = Object.entries(ambient).filter(
    ([name]) =>
      isPassed(name) || named.has(name) || (credentials === undefined && ambientCredentials.has(name)),
  );
  const given = Object.fromEntries(
    chosen.filter((entry): entry is [string, string] => entry[1] !== undefined),
  );
  return {
    AWS_REGION: stack.environment.region,
    AWS_DEFAULT_REGION: stack.environment.region,
    ...given,
    ...credentials,
    TF_DATA_DIR: dataFolder,
    TF_IN_AUTOMATION: "1",
    TF_INPUT: "0",
    CHECKPOINT_DISABLE: "1",
    // Terraform's garbage collector at a quarter of its pace saves a sixth of the time for 30 MB.
    GOGC: "400",
    ...(stack.backend.workspace === "default" ? {} : { TF_WORKSPACE: stack.backend.workspace }),
  };
}

function isPassed(name: string): boolean {
  return (
    passed.has(name) ||
    passedInEitherCase.has(name.toUpperCase()) ||
    passedPrefixes.some((prefix) => name.startsWith(prefix))
  );
}

const versionOutput = z.object({ terraform_version: z.string() });
export const oldestVersion = "1.10.0";

/** The version in the output of `terraform version -json`; ActionError for one that is too old. */
export function parseVersion(output: string, command: string): string {
  const match = /\{[\s\S]*\}/.exec(output);
  const parsed = versionOutput.safeParse(match === null ? undefined : parseJson(match[0]));
  if (!parsed.success)
    throw new ActionError(`input "terraform": ${command} does not say its version`, {
      hint: "It must be the path or name of a Terraform program.",
    });
  const version = parsed.data.terraform_version;
  const [major = 0, minor = 0] = version.split(".").map((part) => Number.parseInt(part, 10));
  if (major < 1 || (major === 1 && minor < 10))
    throw new ActionError(`Terraform ${version} is too old: it must be ${oldestVersion} or later`, {
      hint: "Older versions know no S3 lock file. Set the version in the step that installs Terraform.",
    });
  return version;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/**
 * The first lines of the errors that Terraform printed, without the given secrets; the details, which quote
 * values more freely, stay in the log.
 */
export function errorHeadlines(stderr: string, secrets: Iterable<string>): string[] {
  const lines = [...stderr.matchAll(/^(?:[│╷\s]*)Error: (.+)$/gm)].map((match) =>
    scrub((match[1] ?? "").trim(), secrets),
  );
  return [...new Set(lines)].slice(0, 5);
}

/** Faults of a registry or the way to it that another try can mend. */
export function isTransientInitFault(stderr: string): boolean {
  return /\b(429|500|502|503|504)\b (Too Many|Internal|Bad Gateway|Service|Gateway)|returned from .*: 5\d\d|TLS handshake timeout|connection reset by peer|i\/o timeout|unexpected EOF|Client\.Timeout exceeded/i.test(
    stderr,
  );
}

const dataFolderState = z.object({
  backend: z.object({
    type: z.string(),
    config: z.object({
      bucket: z.string().nullish(),
      key: z.string().nullish(),
      dynamodb_table: z.string().nullish(),
      workspace_key_prefix: z.string().nullish(),
    }),
  }),
});

/**
 * Holds the backend that init found in the folder (`terraform.tfstate` of the data folder) to the stack map:
 * a folder that keeps its state elsewhere would be locked, recorded and deployed under the wrong name.
 */
export function verifyBackend(stack: Stack, dataFolderText: string | undefined): void {
  const document =
    dataFolderText === undefined ? undefined : dataFolderState.safeParse(parseJson(dataFolderText)).data;
  const faults = document === undefined ? ["it has no backend"] : backendFaults(stack, document.backend);
  if (faults.length === 0) return;
  throw new ActionError(
    `The folder ${stack.folder} does not keep the state of ${stack.id}: ${faults.join("; ")}`,
    {
      hint: "The stack map and the backend block (or its backend-config) must name the same S3 bucket and key.",
    },
  );
}

function backendFaults(stack: Stack, { type, config }: z.infer<typeof dataFolderState>["backend"]): string[] {
  if (type !== "s3") return [`its backend is "${type}"; it must be "s3"`];
  const { bucket, key, table } = stack.backend;
  const faults: string[] = [];
  if (config.bucket !== bucket)
    faults.push(`its bucket is "${config.bucket ?? ""}", the stack map says "${bucket}"`);
  if (config.key !== key) faults.push(`its key is "${config.key ?? ""}", the stack map says "${key}"`);
  if ((config.workspace_key_prefix ?? "env:") !== "env:")
    faults.push('its workspace_key_prefix must be "env:"');
  if (
    typeof config.dynamodb_table === "string" &&
    config.dynamodb_table !== "" &&
    config.dynamodb_table !== table
  )
    faults.push(
      `its lock table is "${config.dynamodb_table}", the stack map says ${table === undefined ? "none" : `"${table}"`}`,
    );
  return faults;
}

const stateHead = z.object({ lineage: z.string(), serial: z.number() });
export type StateIdentity = z.infer<typeof stateHead>;

/** Lineage and serial of a state object; undefined for no state. */
export function stateIdentity(text: string | undefined): StateIdentity | undefined {
  if (text === undefined || text === "") return undefined;
  const parsed = stateHead.safeParse(parseJson(text));
  if (parsed.success) return parsed.data;
  throw new ActionError("The state object cannot be read: it has no lineage and serial", {
    hint: "Nothing was changed. Restore the last good version of the object from the bucket's versioning.",
  });
}
