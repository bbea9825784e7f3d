import { parseDocument } from "yaml";
import { z } from "zod";
import { ActionError } from "../action-error.ts";
import { awsRegion, isRoleArn, roleArnMessage } from "../inputs.ts";
import { didYouMean } from "../suggest.ts";
import { maxDeletesByDefault, protectedByDefault } from "./guard-defaults.ts";
import { resolveWaves } from "./waves.ts";

/**
 * The stack map, `.github/stacks.yml`: which path filters lead to which stack, where its folder is, what it
 * comes after, which environment, state and roles it uses. The single source; workflows and infra read it.
 */

export type Unreviewed = "refuse" | "plan-only" | "apply";

export type ProviderLock = "required" | "optional";

/** What needs a person's word before it is applied. */
export interface Guard {
  /** Resource types whose deletion or replacement needs it. */
  readonly protected: readonly string[];
  /** Deletions and replacements in one plan that need none. */
  readonly maxDeletes: number;
}

export interface Environment {
  readonly name: string;
  /** 12 digits. */
  readonly account: string;
  readonly region: string;
  /** Role of every plan of this environment; undefined: the credentials that the environment holds. */
  readonly planRole: string | undefined;
  /** What happens on main to a stack that differs but has no reviewed record. */
  readonly unreviewed: Unreviewed;
}

/** Where a stack's state and locks are. */
export interface StackBackend {
  readonly bucket: string;
  readonly key: string;
  readonly region: string;
  /** DynamoDB lock table; undefined: the lock file alone. */
  readonly table: string | undefined;
  readonly workspace: string;
}

export interface Stack {
  /** A path such as `stage/storage/s3`. */
  readonly id: string;
  readonly environment: Environment;
  /** Folder of the Terraform root module, relative to the workspace. */
  readonly folder: string;
  /** True when synthesis writes the folder, false for a plain Terraform folder of the repository. */
  readonly synthesized: boolean;
  readonly paths: readonly string[];
  readonly after: readonly string[];
  /** 1 to 5: this stack's dependencies all lie in earlier waves. */
  readonly wave: number;
  readonly backend: StackBackend;
  readonly planRole: string | undefined;
  readonly applyRole: string | undefined;
  /** Relative to the stack's folder. */
  readonly varFiles: readonly string[];
  /** `-backend-config` arguments: `key=value` or a file relative to the stack's folder. */
  readonly backendConfig: readonly string[];
  /** Names of environment variables that Terraform gets besides its own and the credentials, `TF_VAR_*` too. */
  readonly env: readonly string[];
  /** Whether the folder must hold a provider lock file before anything is planned. */
  readonly providerLock: ProviderLock;
  readonly guard: Guard;
}

/** Where plan records and deployment markers are kept. */
export interface RecordStore {
  readonly bucket: string;
  readonly region: string;
}

export interface StackMap {
  readonly project: string;
  /** `owner/name` on GitHub. */
  readonly repository: string;
  /**
   * `owner@id/name@id`, for repositories whose OIDC tokens carry immutable ids in their subject; undefined:
   * the subject says `repository`.
   */
  readonly oidcSubject?: string | undefined;
  readonly store: RecordStore;
  /** Lock table of every stack that names none of its own. */
  readonly table: string | undefined;
  /** Folder that synthesis writes. */
  readonly assembly: string;
  readonly environments: ReadonlyMap<string, Environment>;
  readonly stacks: ReadonlyMap<string, Stack>;
}

const stackId = /^[a-z0-9][a-z0-9_-]*(\/[a-z0-9][a-z0-9_-]*)*$/;
const reservedPrefixes = ["records/", "deployments/", "rescued/", "env:/"];
export const bucketName = z
  .string()
  .regex(/^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/, "is not the name of an S3 bucket");
export const workspaceName = z
  .string()
  .regex(/^[A-Za-z0-9_][A-Za-z0-9_.-]{0,89}$/, "is not the name of a workspace that a state key can hold");
const environmentVariable = z
  .string()
  .regex(/^[A-Za-z_][A-Za-z0-9_]*$/, "is not the name of an environment variable");
const relativePath = z
  .string()
  .refine(
    (path) =>
      path !== "" &&
      !path.startsWith("/") &&
      !path.startsWith("-") &&
      !path.includes("\0") &&
      !path.split("/").includes(".."),
    {
      error: (issue) =>
        `${JSON.stringify(issue.input)} must be a path inside the workspace that does not start with "-" or "/" and has no ".."`,
    },
  );
const roleTemplate = z.string().refine((text) => isRoleArn(text.replaceAll("{stack}", "stack")), {
  error: (issue) => roleArnMessage(String(issue.input)),
});

const guardSchema = z.strictObject({
  protected: z
    .array(z.string().regex(/^[a-z][a-z0-9_]*$/, "is not a resource type such as aws_s3_bucket"))
    .optional(),
  "max-deletes": z.number().int().min(0).optional(),
});

const environmentSchema = z.strictObject({
  account: z.string().regex(/^\d{12}$/, 'must be the 12 digits of an AWS account, in quotes: "123456789012"'),
  region: awsRegion,
  "plan-role": roleTemplate.optional(),
  "apply-role": roleTemplate.optional(),
  unreviewed: z.enum(["refuse", "plan-only", "apply"]).default("plan-only"),
  guard: guardSchema.default({}),
});

const stackSchema = z.strictObject({
  environment: z.string(),
  paths: z.array(z.string().min(1)).min(1, "must name at least one path filter"),
  after: z.array(z.string()).default([]),
  folder: relativePath.optional(),
  state: z
    .strictObject({
      bucket: bucketName.optional(),
      key: z.string().min(1).max(1024).optional(),
      region: awsRegion.optional(),
      table: z.string().optional(),
    })
    .default({}),
  workspace: workspaceName.default("default"),
  "plan-role": roleTemplate.optional(),
  "apply-role": roleTemplate.optional(),
  "var-files": z.array(relativePath).default([]),
  "backend-config": z.array(z.string().min(1)).default([]),
  env: z.array(environmentVariable).default([]),
  "provider-lock": z.enum(["required", "optional"]).optional(),
  guard: guardSchema.default({}),
});

const mapSchema = z.strictObject({
  version: z.literal(1, "must be 1; this version of the actions reads no other"),
  project: z
    .string()
    .regex(/^[a-z][a-z0-9-]{1,23}$/, "must be 2 to 24 lower-case letters, digits and dashes"),
  repository: z.string().regex(/^[\w.-]+\/[\w.-]+$/, "must be owner/name"),
  "oidc-subject": z
    .string()
    .regex(
      /^[\w.-]+@\d+\/[\w.-]+@\d+$/,
      "must be owner@id/name@id, as the subject of the repository's OIDC tokens has it",
    )
    .optional(),
  state: z.strictObject({ bucket: bucketName, region: awsRegion, table: z.string().optional() }),
  assembly: relativePath.default("cdktf.out"),
  environments: z.record(z.string().regex(/^[a-z][a-z0-9-]{0,31}$/), environmentSchema),
  stacks: z.record(z.string(), stackSchema),
});

type MapDocument = z.infer<typeof mapSchema>;
type StackDocument = z.infer<typeof stackSchema>;

/** A name for a stack where slashes cannot stand: artifact names, role names, folders of the assembly. */
export function dashed(id: string): string {
  return id.replaceAll("/", "-");
}

/** Parses a stack map; `file` names it in errors. */
export function parseStackMap(text: string, file: string): StackMap {
  const document = parseDocument(text, { prettyErrors: true, uniqueKeys: true });
  const fault = document.errors[0];
  if (fault !== undefined) throw mapError(file, [fault.message.split("\n")[0] ?? fault.message]);
  const parsed = mapSchema.safeParse(document.toJS({ maxAliasCount: 100 }));
  if (!parsed.success) throw mapError(file, parsed.error.issues.map(describeIssue));
  return resolve(parsed.data, file);
}

function mapError(file: string, faults: readonly string[]): ActionError {
  return new ActionError(faults.map((fault) => `${file}: ${fault}`).join("\n"), {
    hint: "Nothing was planned or applied. Correct the stack map; docs/stack-map.md lists its keys.",
  });
}

const knownKeys: ReadonlyMap<number, readonly string[]> = new Map([
  [0, Object.keys(mapSchema.shape)],
  [1, Object.keys(mapSchema.shape.state.shape)],
]);

function describeIssue(issue: z.core.$ZodIssue): string {
  const place = issue.path.join(" › ");
  if (issue.code !== "unrecognized_keys") return `${place === "" ? "the map" : place}: ${issue.message}`;
  const known = knownKeysAt(issue.path);
  const faults = issue.keys.map((key) => `unknown key "${key}", ${didYouMean(key, known)}`);
  return `${place === "" ? "the map" : place}: ${faults.join("; ")}`;
}

function knownKeysAt(path: readonly PropertyKey[]): readonly string[] {
  if (path[2] === "guard") return Object.keys(guardSchema.shape);
  if (path[0] === "environments") return Object.keys(environmentSchema.shape);
  if (path[0] === "stacks")
    return path.length > 2 ? ["bucket", "key", "region", "table"] : Object.keys(stackSchema.shape);
  return knownKeys.get(path.length) ?? [];
}

function resolve(document: MapDocument, file: string): StackMap {
  const faults: string[] = [];
  const environments = new Map(
    Object.entries(document.environments).map(([name, given]): [string, Environment] => [
      name,
      {
        name,
        account: given.account,
        region: given.region,
        planRole: given["plan-role"],
        unreviewed: given.unreviewed,
      },
    ]),
  );
  const { waves, faults: orderFaults } = resolveWaves(
    new Map(Object.entries(document.stacks).map(([id, stack]) => [id, stack.after])),
  );
  faults.push(...orderFaults);
  const stacks = new Map<string, Stack>();
  for (const [id, given] of Object.entries(document.stacks)) {
    const environment = environments.get(given.environment);
    faults.push(...idFaults(id));
    if (environment === undefined) {
      faults.push(
        `stacks › ${id}: unknown environment "${given.environment}", ${didYouMean(given.environment, [...environments.keys()])}`,
      );
      continue;
    }
    stacks.set(id, resolveStack(id, given, { document, environment, wave: waves.get(id) ?? 1 }));
  }
  faults.push(...sharedFaults([...stacks.values()]));
  if (faults.length > 0) throw mapError(file, faults);
  return {
    project: document.project,
    repository: document.repository,
    oidcSubject: document["oidc-subject"],
    store: { bucket: document.state.bucket, region: document.state.region },
    table: document.state.table,
    assembly: document.assembly,
    environments,
    stacks,
  };
}

function idFaults(id: string): string[] {
  if (!stackId.test(id) || id.length > 128)
    return [
      `stacks › ${id}: the id must be a path of lower-case letters, digits, "-" and "_", such as stage/storage/s3`,
    ];
  const reserved = reservedPrefixes.find((prefix) => `${id}/`.startsWith(prefix));
  return reserved === undefined
    ? []
    : [`stacks › ${id}: ids may not begin with "${reserved}", which keeps other objects`];
}

interface Surroundings {
  readonly document: MapDocument;
  readonly environment: Environment;
  readonly wave: number;
}

function resolveStack(
  id: string,
  given: StackDocument,
  { document, environment, wave }: Surroundings,
): Stack {
  const folder = given.folder ?? `${document.assembly}/stacks/${dashed(id)}`;
  const synthesized = folder === document.assembly || folder.startsWith(`${document.assembly}/`);
  const template = (role: string | undefined) => role?.replaceAll("{stack}", dashed(id));
  return {
    id,
    environment,
    folder: folder.replace(/\/+$/, ""),
    synthesized,
    paths: given.paths,
    after: given.after,
    wave,
    backend: {
      bucket: given.state.bucket ?? document.state.bucket,
      key: given.state.key ?? `${id}/terraform.tfstate`,
      region: given.state.region ?? document.state.region,
      table: given.state.table ?? (given.state.bucket === undefined ? document.state.table : undefined),
      workspace: given.workspace,
    },
    planRole: template(given["plan-role"]) ?? environment.planRole,
    applyRole: template(given["apply-role"] ?? document.environments[environment.name]?.["apply-role"]),
    varFiles: given["var-files"],
    backendConfig: given["backend-config"],
    env: given.env,
    providerLock: given["provider-lock"] ?? (synthesized ? "required" : "optional"),
    guard: resolveGuard(given.guard, document.environments[environment.name]?.guard ?? {}),
  };
}

function resolveGuard(own: z.infer<typeof guardSchema>, general: z.infer<typeof guardSchema>): Guard {
  return {
    protected: own.protected ?? general.protected ?? protectedByDefault,
    maxDeletes: own["max-deletes"] ?? general["max-deletes"] ?? maxDeletesByDefault,
  };
}

/** The one object that holds a stack's state. */
export function stateKey(backend: StackBackend): string {
  return backend.workspace === "default" ? backend.key : `env:/${backend.workspace}/${backend.key}`;
}

/** Two stacks with one state would lock and overwrite each other; two names that become one would mix their results. */
function sharedFaults(stacks: readonly Stack[]): string[] {
  return [
    ...duplicates(
      stacks,
      (stack) => `${stack.backend.bucket}/${stateKey(stack.backend)}`.toLowerCase(),
      "share one state",
    ),
    ...duplicates(stacks, (stack) => dashed(stack.id), "have the same name once slashes become dashes"),
  ];
}

function duplicates(stacks: readonly Stack[], key: (stack: Stack) => string, fault: string): string[] {
  const groups = Map.groupBy(stacks, key);
  return [...groups]
    .filter(([, group]) => group.length > 1)
    .map(([name, group]) => `stacks › ${group.map((stack) => stack.id).join(" and ")} ${fault}: ${name}`);
}
