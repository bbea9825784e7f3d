import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { CreateTableCommand, DynamoDBClient, PutItemCommand } from "@aws-sdk/client-dynamodb";
import { CreateBucketCommand, PutObjectCommand, S3Client } from "@aws-sdk/client-s3";
import { afterAll, beforeAll, beforeEach, expect, test, vi } from "vitest";
import { createLockReader } from "../src/adapters/lock-reader.ts";
import type { StackBackend } from "../src/contracts/stack-map.ts";
import { localServer } from "./local-server.ts";
import { type MotoServer, startMoto } from "./moto-server.ts";

const region = "eu-west-1";
const bucket = "state";
const table = "locks";
let moto: MotoServer;
let folder: string;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "locks-"));
  moto = await startMoto();
  useEndpoint(moto.url);
  const create = { Bucket: bucket, CreateBucketConfiguration: { LocationConstraint: region } } as const;
  await new S3Client({ region }).send(new CreateBucketCommand(create));
  await new DynamoDBClient({ region }).send(
    new CreateTableCommand({
      TableName: table,
      BillingMode: "PAY_PER_REQUEST",
      AttributeDefinitions: [{ AttributeName: "LockID", AttributeType: "S" }],
      KeySchema: [{ AttributeName: "LockID", KeyType: "HASH" }],
    }),
  );
});
afterAll(async () => {
  await moto.stop();
  rmSync(folder, { recursive: true });
});
beforeEach(() => useEndpoint(moto.url));

function useEndpoint(url: string): void {
  for (const [name, value] of Object.entries({ ...moto.env, AWS_ENDPOINT_URL: url })) vi.stubEnv(name, value);
}

const backendOf = (key: string, rest: Partial<StackBackend> = {}): StackBackend => ({
  bucket,
  key,
  region,
  table,
  workspace: "default",
  ...rest,
});
const read = createLockReader();

interface Variant {
  readonly name: string;
  readonly lockFile: boolean;
  readonly table: boolean;
  readonly workspace: string;
}

/** Starts an apply with real Terraform that takes the lock and does not come back; kills it, and nothing cleans up. */
async function killedApply({ name, lockFile, table: useTable, workspace }: Variant): Promise<StackBackend> {
  const cwd = join(folder, name);
  mkdirSync(cwd);
  const backend = {
    bucket,
    key: `${name}/terraform.tfstate`,
    region,
    use_lockfile: lockFile,
    skip_credentials_validation: true,
  };
  const local_exec = { command: "touch started; exec sleep 600" };
  writeFileSync(
    join(cwd, "main.tf.json"),
    JSON.stringify({
      terraform: { backend: { s3: { ...backend, ...(useTable ? { dynamodb_table: table } : {}) } } },
      resource: { terraform_data: { slow: { provisioner: [{ "local-exec": local_exec }] } } },
    }),
  );
  await terraform(cwd, ["init", "-input=false"]);
  if (workspace !== "default") await terraform(cwd, ["workspace", "new", workspace]);
  const apply = spawn("terraform", ["apply", "-auto-approve", "-input=false"], {
    cwd,
    stdio: "ignore",
    env: environment(),
    detached: true,
  });
  const exited = once(apply, "exit");
  for (let tries = 0; !existsSync(join(cwd, "started")) && tries < 300; tries++) await sleep(100);
  if (apply.pid !== undefined) process.kill(-apply.pid, "SIGKILL");
  await exited;
  return backendOf(backend.key, { workspace });
}

async function terraform(cwd: string, args: readonly string[]): Promise<void> {
  const child = spawn("terraform", args, { cwd, stdio: ["ignore", "ignore", "inherit"], env: environment() });
  const [code] = await once(child, "exit");
  if (code !== 0) throw new Error(`terraform ${args[0]} ended with ${code}`);
}

function environment(): NodeJS.ProcessEnv {
  return { ...process.env, CHECKPOINT_DISABLE: "1", TF_IN_AUTOMATION: "1", TF_CLI_CONFIG_FILE: "/dev/null" };
}

test.each<Variant & { kinds: string[] }>([
  { name: "file", lockFile: true, table: false, workspace: "default", kinds: ["lockfile"] },
  { name: "table", lockFile: false, table: true, workspace: "default", kinds: ["dynamodb"] },
  { name: "both", lockFile: true, table: true, workspace: "default", kinds: ["lockfile", "dynamodb"] },
  { name: "workspace", lockFile: true, table: true, workspace: "blue", kinds: ["lockfile", "dynamodb"] },
])("finds the lock of a killed Terraform: $name", async ({ kinds, ...variant }) => {
  const backend = await killedApply(variant);
  const state = await read(backend);
  if (state.status !== "held") throw new Error(JSON.stringify(state));
  expect(state.holders.map(({ kind }) => kind)).toEqual(kinds);
  const workspace = variant.workspace === "default" ? "" : `env:/${variant.workspace}/`;
  for (const holder of state.holders) {
    expect(holder.operation).toBe("OperationTypeApply");
    expect(holder.path).toBe(`${bucket}/${workspace}${variant.name}/terraform.tfstate`);
    expect(holder.version).toMatch(/^1\.\d+\.\d+$/);
    expect(Math.abs(Date.now() - Date.parse(holder.created))).toBeLessThan(120_000);
  }
  expect(new Set(state.holders.map(({ id }) => id)).size).toBe(1);
  const elsewhere = { ...backend, workspace: variant.workspace === "default" ? "blue" : "default" };
  expect(await read(elsewhere)).toEqual({ status: "free" });
});

test("nothing there is free, and so is the checksum that Terraform keeps in the lock table", async () => {
  expect(await read(backendOf("none"))).toEqual({ status: "free" });
  await put("summed-md5", { Digest: { S: "0".repeat(32) } });
  expect(await read(backendOf("summed"))).toEqual({ status: "free" });
  expect(await read(backendOf("none", { table: undefined }))).toEqual({ status: "free" });
});

async function put(key: string, rest: object): Promise<void> {
  const item = { LockID: { S: `${bucket}/${key}` }, ...rest };
  await new DynamoDBClient({ region }).send(new PutItemCommand({ TableName: table, Item: item }));
}

test("an item without lock information, and an empty or broken lock file, are unknown", async () => {
  await put("bare", {});
  expect(await read(backendOf("bare"))).toMatchObject({ status: "unknown", reason: /state\/bare.*empty/s });
  for (const [key, Body] of Object.entries({ empty: "", broken: '{"ID":"1', large: "x".repeat(70_000) })) {
    await new S3Client({ region }).send(new PutObjectCommand({ Bucket: bucket, Key: `${key}.tflock`, Body }));
    expect((await read(backendOf(key))).status).toBe("unknown");
  }
});

test("a bucket or table that is not there is unknown, and the reason names it", async () => {
  const noBucket = await read(backendOf("k", { bucket: "no-such-bucket" }));
  expect(noBucket).toEqual({
    status: "unknown",
    reason: expect.stringMatching(/no-such-bucket\/k\.tflock.*NoSuchBucket/),
  });
  const noTable = await read(backendOf("k", { table: "no-such-table" }));
  expect(noTable).toEqual({
    status: "unknown",
    reason: expect.stringMatching(/no-such-table.*ResourceNotFound/),
  });
});

test.each([
  ["no access", 403, "<Error><Code>AccessDenied</Code><Message>no</Message></Error>"],
  ["a page with 404 that is not S3's", 404, "<html>not found</html>"],
  ["a failing AWS", 503, "<Error><Code>SlowDown</Code><Message>no</Message></Error>"],
])("%s is unknown, never free", async (_, status, body) => {
  useEndpoint(
    (await localServer(() => ({ status, body, headers: { "content-type": "application/xml" } }))).url,
  );
  expect((await read(backendOf("k", { table: undefined }))).status).toBe("unknown");
});

test("the table is read consistently", async () => {
  let consistent: unknown;
  const server = await localServer(({ headers, form }) => {
    if (headers["x-amz-target"] === undefined)
      return { status: 404, body: "<Error><Code>NoSuchKey</Code></Error>" };
    consistent = JSON.parse([...form.keys()][0] ?? "{}").ConsistentRead;
    return { body: "{}", headers: { "content-type": "application/x-amz-json-1.0" } };
  });
  useEndpoint(server.url);
  expect(await read(backendOf("k"))).toEqual({ status: "free" });
  expect(consistent).toBe(true);
});
