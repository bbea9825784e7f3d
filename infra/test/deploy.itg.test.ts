import { chmodSync, cpSync, existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { delimiter, join } from "node:path";
import { ListObjectVersionsCommand, S3Client } from "@aws-sdk/client-s3";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { dashed, parseStackMap } from "../../actions/shared/src/contracts/stack-map.ts";
import { administrator } from "../../rehearsal/src/servers/aws-front.ts";
import { stackCodeIn } from "../stack-code.ts";
import { type AwsAccount, openAccount, runToEnd } from "./aws-account.ts";
import { copyRepository, root } from "./repository.ts";
import { synthesizeForTest } from "./synthesis.ts";

/**
 * The whole life of an account: bootstrap by an administrator, then every stack planned and applied by its
 * own roles, every call of Terraform held to their policies.
 */
let account: AwsAccount;
let repository: string;
let stacks: string;
const minutes = 60_000;

beforeAll(async () => {
  account = await openAccount("123456789012");
  repository = copyRepository(join(account.folder, "repository"));
  const map = parseStackMap(readFileSync(join(repository, ".github/stacks.yml"), "utf8"), "map");
  const { outDir } = await synthesizeForTest(map);
  stacks = join(outDir, "stacks");
}, 2 * minutes);
afterAll(() => account.close());

const bootstrap = (env: Record<string, string>, ...args: string[]) =>
  runToEnd(process.execPath, ["infra/bootstrap.ts", ...args], { cwd: repository, env });

/** A Terraform that fails when it is to move the state, as if the machine had gone away. */
function failingToMigrate(): Record<string, string> {
  const folder = join(account.folder, "shim");
  mkdirSync(folder, { recursive: true });
  const rest = account.administrator["PATH"] ?? "";
  const script = `#!/bin/sh\ncase "$*" in *-migrate-state*) exit 1;; esac\nPATH='${rest}' exec terraform "$@"\n`;
  writeFileSync(join(folder, "terraform"), script);
  chmodSync(join(folder, "terraform"), 0o755);
  return { ...account.administrator, PATH: `${folder}${delimiter}${rest}` };
}

async function stateVersions(): Promise<Record<string, number>> {
  const s3 = new S3Client({
    endpoint: account.front.url,
    region: "eu-west-1",
    forcePathStyle: true,
    credentials: administrator,
  });
  const { Versions = [] } = await s3.send(
    new ListObjectVersionsCommand({ Bucket: "activity-state-123456789012" }),
  );
  const keys = Versions.map(({ Key = "" }) => Key).filter((key) => key.endsWith(".tfstate"));
  return Object.fromEntries(
    [...Map.groupBy(keys, (key) => key)].map(([key, versions]) => [key, versions.length]),
  );
}

describe("bootstrap", () => {
  it(
    "shows what it would do and does nothing with --dry-run",
    async () => {
      const { code, text } = await bootstrap(account.administrator, "--dry-run");
      expect(code, text).toBe(0);
      expect(text).toContain("Dry run: nothing was changed.");
      await expect(stateVersions()).rejects.toThrow(/NoSuchBucket|does not exist/);
    },
    2 * minutes,
  );

  it(
    "keeps the state here when it is interrupted before the state is in the bucket",
    async () => {
      const { code, text } = await bootstrap(failingToMigrate());
      expect(code, text).toBe(1);
      expect(await stateVersions()).toEqual({});
      expect(existsSync(join(repository, ".cache/bootstrap/global-backend/terraform.tfstate"))).toBe(true);
    },
    4 * minutes,
  );

  it(
    "goes on from there",
    async () => {
      const { code, text } = await bootstrap(account.administrator);
      expect(code, text).toBe(0);
      expect(text).toContain("An earlier run was interrupted");
      expect(await stateVersions()).toEqual({
        "global/backend/terraform.tfstate": 1,
        "global/deploy-identity/terraform.tfstate": expect.any(Number),
      });
      expect(existsSync(join(repository, ".cache/bootstrap/global-backend"))).toBe(false);
    },
    4 * minutes,
  );

  it(
    "changes nothing when it is run again",
    async () => {
      const before = await stateVersions();
      const { code, text } = await bootstrap(account.administrator);
      expect(code, text).toBe(0);
      expect(text.match(/Nothing to change\./g)).toHaveLength(2);
      expect(await stateVersions()).toEqual(before);
    },
    2 * minutes,
  );

  it(
    "refuses the credentials of another account",
    async () => {
      const map = join(repository, ".github/stacks.yml");
      const text = readFileSync(map, "utf8");
      writeFileSync(map, text.replaceAll("123456789012", "210987654321"));
      const refused = await bootstrap(account.administrator);
      writeFileSync(map, text);
      expect(refused.code).toBe(1);
      expect(refused.text).toContain(
        "The credentials belong to account 123456789012; the stack map says 210987654321",
      );
    },
    minutes,
  );
});

/** A job's own copy of a stack's folder, as an artifact brings it. */
function job(id: string, name: string): string {
  const folder = join(account.folder, "jobs", `${name}-${dashed(id)}`);
  cpSync(join(stacks, dashed(id)), folder, { recursive: true });
  return folder;
}

async function terraform(cwd: string, env: Record<string, string>, ...args: string[]) {
  const ended = await runToEnd("terraform", [args[0] ?? "", "-no-color", "-input=false", ...args.slice(1)], {
    cwd,
    env,
  });
  return ended;
}

async function applyWithOwnRole(id: string): Promise<void> {
  const env = await account.assume(`activity-apply-${dashed(id)}`);
  const folder = job(id, "apply");
  const init = await terraform(folder, env, "init", "-lockfile=readonly");
  expect(init.code, init.text).toBe(0);
  const apply = await terraform(folder, env, "apply", "-auto-approve");
  expect(apply.code, apply.text).toBe(0);
}

/** 0: empty, 2: changes. */
async function planWithPlanRole(id: string): Promise<{ code: number; text: string }> {
  const env = await account.assume(`activity-plan-${id.split("/")[0] ?? ""}`);
  const folder = job(id, "plan");
  const init = await terraform(folder, env, "init", "-lockfile=readonly");
  expect(init.code, init.text).toBe(0);
  return terraform(folder, env, "plan", "-lock=false", "-detailed-exitcode");
}

describe("every stack", () => {
  it(
    "is planned before it exists by the plan role",
    async () => {
      const { code, text } = await planWithPlanRole("stage/workflow/lambda");
      expect(code, text).toBe(2);
    },
    minutes,
  );

  it(
    "is applied by its own role",
    async () => {
      await Promise.all([
        applyWithOwnRole("stage/storage/s3"),
        applyWithOwnRole("stage/storage/dynamodb"),
        applyWithOwnRole("stage/workflow/lambda"),
      ]);
      await applyWithOwnRole("stage/workflow/glue");
      expect(account.front.denials).toEqual([]);
    },
    5 * minutes,
  );

  it.each([
    "global/backend",
    "global/deploy-identity",
    "stage/storage/s3",
    "stage/storage/dynamodb",
    "stage/workflow/lambda",
    "stage/workflow/glue",
  ])(
    "has an empty plan after that: %s",
    async (id) => {
      const { code, text } = await planWithPlanRole(id);
      expect(account.front.denials).toEqual([]);
      expect(code, text).toBe(0);
    },
    minutes,
  );

  it.each(["stage/workflow/glue", "stage/workflow/lambda", "stage/storage/s3"])(
    "is destroyed by its own role: %s",
    async (id) => {
      const env = await account.assume(`activity-apply-${dashed(id)}`);
      const folder = join(account.folder, "jobs", `apply-${dashed(id)}`);
      const { code, text } = await terraform(folder, env, "destroy", "-auto-approve");
      expect(code, text).toBe(0);
      expect(account.front.denials).toEqual([]);
    },
    3 * minutes,
  );

  it(
    "keeps its table when it is to be destroyed",
    async () => {
      const env = await account.assume("activity-apply-stage-storage-dynamodb");
      const folder = join(account.folder, "jobs", "apply-stage-storage-dynamodb");
      const { code, text } = await terraform(folder, env, "destroy", "-auto-approve");
      expect(code, text).toBe(1);
      expect(text).toContain("DeletionProtectionEnabled");
      expect(account.front.denials).toEqual([]);
    },
    2 * minutes,
  );

  it(
    "gets its roles when the map gains it, from the identity's own role",
    async () => {
      const gained = "  stage/serving/s3:\n    environment: stage\n    paths: [x/**]\n";
      const text = readFileSync(join(repository, ".github/stacks.yml"), "utf8");
      const code = stackCodeIn(join(root, "infra"));
      const known = (id: string) => id.replace("stage/serving/s3", "stage/storage/s3");
      const { outDir } = await synthesizeForTest(parseStackMap(text + gained, "map"), {
        build: (id) => code.build(known(id)),
        permissions: (id) => code.permissions(known(id)),
      });
      const env = await account.assume("activity-apply-global-deploy-identity");
      const folder = join(outDir, "stacks/global-deploy-identity");
      await terraform(folder, env, "init", "-lockfile=readonly");
      const { code: ended, text: shown } = await terraform(folder, env, "apply", "-auto-approve");
      expect(ended, shown).toBe(0);
      expect(shown).toContain("2 added");
      await expect(account.assume("activity-apply-stage-serving-s3")).resolves.toBeDefined();
    },
    2 * minutes,
  );

  it(
    "is out of reach for another stack's role",
    async () => {
      expect(account.front.denials).toEqual([]);
      const env = await account.assume("activity-apply-stage-workflow-lambda");
      const folder = job("stage/storage/s3", "thief");
      const { code, text } = await terraform(folder, env, "init", "-lockfile=readonly");
      const plan = code === 0 ? await terraform(folder, env, "plan", "-lock=false") : { code, text };
      expect(plan.code).toBe(1);
      expect(plan.text).toMatch(/AccessDenied|Forbidden|403/);
      expect(account.front.denials.length).toBeGreaterThan(0);
    },
    minutes,
  );
});
