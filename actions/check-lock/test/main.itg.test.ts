import { createHash } from "node:crypto";
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { CreateTableCommand, DynamoDBClient, PutItemCommand } from "@aws-sdk/client-dynamodb";
import { CreateBucketCommand, DeleteObjectCommand, PutObjectCommand, S3Client } from "@aws-sdk/client-s3";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { runActionProcess } from "../../shared/test/action-process.ts";
import { localServer } from "../../shared/test/local-server.ts";
import { type MotoServer, startMoto } from "../../shared/test/moto-server.ts";

const region = "eu-west-1";
let moto: MotoServer;
let workspace: string;

const lockOf = (id: string) =>
  JSON.stringify({
    ID: id,
    Operation: "OperationTypeApply",
    Info: "",
    Who: "runner@host",
    Version: "1.11.4",
    Created: "2026-11-22T10:00:00.123456789Z",
    Path: "state/held/terraform.tfstate",
  });

beforeAll(async () => {
  workspace = mkdtempSync(join(tmpdir(), "check-lock-"));
  mkdirSync(join(workspace, ".github"));
  writeFileSync(
    join(workspace, ".github", "stacks.yml"),
    `version: 1
project: activity
repository: acme/data-platform
state: { bucket: state, region: ${region}, table: locks }
environments: { stage: { account: "123456789012", region: ${region} } }
stacks:
  free: { environment: stage, paths: ["free/**"] }
  held: { environment: stage, paths: ["held/**"] }
  noted: { environment: stage, paths: ["noted/**"] }
`,
  );
  moto = await startMoto();
  for (const [name, value] of Object.entries(moto.env)) vi.stubEnv(name, value);
  const s3 = new S3Client({ region });
  await s3.send(
    new CreateBucketCommand({ Bucket: "state", CreateBucketConfiguration: { LocationConstraint: region } }),
  );
  await s3.send(
    new PutObjectCommand({ Bucket: "state", Key: "held/terraform.tfstate.tflock", Body: lockOf("one") }),
  );
  const dynamo = new DynamoDBClient({ region });
  await dynamo.send(
    new CreateTableCommand({
      TableName: "locks",
      BillingMode: "PAY_PER_REQUEST",
      AttributeDefinitions: [{ AttributeName: "LockID", AttributeType: "S" }],
      KeySchema: [{ AttributeName: "LockID", KeyType: "HASH" }],
    }),
  );
  const item = { LockID: { S: "state/held/terraform.tfstate" }, Info: { S: lockOf("two") } };
  await dynamo.send(new PutItemCommand({ TableName: "locks", Item: item }));
});
afterAll(async () => {
  await moto.stop();
  rmSync(workspace, { recursive: true });
});

const check = (inputs: Record<string, string>, env: Record<string, string> = {}) =>
  runActionProcess(
    "check-lock",
    { "github-token": "", ...inputs },
    { GITHUB_WORKSPACE: workspace, ...moto.env, ...env },
  );

test("a free lock is one line and a success", async () => {
  const { code, outputs, summary, log } = await check({ stack: "free" });
  expect({ code, log }).toMatchObject({ code: 0 });
  expect(outputs).toEqual({ status: "free", holders: "[]", reason: "", digest: "match" });
  expect(summary.trim()).toBe("State lock of `state/free/terraform.tfstate`: free");
});

test("a lock held in both places fails the step, names both holders, and still sets the outputs", async () => {
  const { code, outputs, log, summary } = await check({ stack: "held" });
  expect(code).toBe(1);
  expect(outputs["status"]).toBe("held");
  expect(
    JSON.parse(outputs["holders"] ?? "").map(({ id, kind }: Record<string, string>) => [id, kind]),
  ).toEqual([
    ["one", "lockfile"],
    ["two", "dynamodb"],
  ]);
  expect(log).toMatch(/^::error::.*held by runner@host since 2026-11-22T10:00:00/m);
  expect(log).toContain("lock-id one, then lock-id two");
  expect(summary).toContain("held");
});

test("a lock is told with the run that noted itself before it, and with GitHub's word on that run", async () => {
  const run = { id: "77", attempt: 1, url: "https://github.com/acme/data-platform/actions/runs/77" };
  const writer = { run, who: "runner@host", startedAt: "2026-11-22T09:59:59.000Z" };
  const Body = JSON.stringify({ version: 1, stack: "noted", writers: [writer] });
  const s3 = new S3Client({ region });
  await s3.send(new PutObjectCommand({ Bucket: "state", Key: "deployments/noted.writers", Body }));
  const lock = { Bucket: "state", Key: "noted/terraform.tfstate.tflock", Body: lockOf("one") };
  await s3.send(new PutObjectCommand(lock));
  const api = await localServer(() => ({
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ status: "in_progress", conclusion: null, run_attempt: 1 }),
  }));
  const inputs = { stack: "noted", mode: "report", "github-token": "ghs_token" };
  const { outputs, log } = await check(inputs, {
    GITHUB_API_URL: api.url,
    GITHUB_REPOSITORY: "acme/data-platform",
  });
  expect(log).toContain(`workflow run ${run.url} (attempt 1), which still runs (in_progress)`);
  expect(api.received.map(({ url }) => url.pathname)).toEqual(["/repos/acme/data-platform/actions/runs/77"]);
  expect(JSON.parse(outputs["holders"] ?? "")[0].runs).toEqual([
    { ...run, status: "running", detail: "in_progress" },
  ]);
  const untold = await check({ ...inputs, "github-token": "" });
  expect(untold.log).toContain(
    "of which it is not known whether it still runs (no github-token to ask with)",
  );
});

test("a state that the lock table knows otherwise fails, with the command that mends it, and not in report", async () => {
  const key = "summed/terraform.tfstate";
  const body = '{"lineage":"one","serial":1}';
  const actual = createHash("md5").update(body).digest("hex");
  const stored = "0".repeat(32);
  await new S3Client({ region }).send(new PutObjectCommand({ Bucket: "state", Key: key, Body: body }));
  const dynamo = new DynamoDBClient({ region });
  const note = (digest: string) =>
    dynamo.send(
      new PutItemCommand({
        TableName: "locks",
        Item: { LockID: { S: `state/${key}-md5` }, Digest: { S: digest } },
      }),
    );
  await note(stored);
  const inputs = { bucket: "state", key, region, table: "locks" };
  const failed = await check(inputs);
  expect(failed.code).toBe(1);
  expect(failed.outputs).toMatchObject({ status: "free", digest: "mismatch" });
  expect(failed.log).toMatch(new RegExp(`::error::.*the table says MD5 ${stored}, the state has ${actual}`));
  expect(failed.log).toContain(`"Digest":{"S":"${actual}"}`);
  expect(await check({ ...inputs, mode: "report" })).toMatchObject({ code: 0 });
  await note(actual);
  expect(await check(inputs)).toMatchObject({ code: 0, outputs: { digest: "match" } });
});

test("report succeeds on a held lock", async () => {
  const { code, outputs } = await check({ stack: "held", mode: "report" });
  expect(code).toBe(0);
  expect(outputs["status"]).toBe("held");
});

test("wait goes on as soon as the lock is released", async () => {
  const s3 = new S3Client({ region });
  const lock = { Bucket: "state", Key: "waited/terraform.tfstate.tflock" };
  await s3.send(new PutObjectCommand({ ...lock, Body: lockOf("waited") }));
  const inputs = {
    bucket: "state",
    key: "waited/terraform.tfstate",
    region,
    mode: "wait",
    "timeout-seconds": "60",
  };
  const waiting = check(inputs);
  setTimeout(() => void s3.send(new DeleteObjectCommand(lock)), 4_000);
  const { code, log, outputs } = await waiting;
  expect({ code, log }).toMatchObject({ code: 0 });
  expect(outputs["status"]).toBe("free");
  expect(log).toMatch(/held by runner@host.*Waiting, for 60 s at most/);
});

test("an unreadable lock is unknown and fails", async () => {
  const { code, outputs, log } = await check({ bucket: "not-there", key: "k", region });
  expect(code).toBe(1);
  expect(outputs).toMatchObject({ status: "unknown", holders: "[]" });
  expect(outputs["reason"]).toContain("NoSuchBucket");
  expect(log).toContain("counts as held");
});

test("without any credentials the reason says so", async () => {
  const none = { AWS_ACCESS_KEY_ID: "", AWS_SECRET_ACCESS_KEY: "", AWS_SESSION_TOKEN: "" };
  const { code, outputs } = await check({ stack: "free" }, none);
  expect(code).toBe(1);
  expect(outputs["reason"]).toMatch(/credentials/i);
});

test.each<[string, Record<string, string>, RegExp]>([
  ["neither stack nor bucket", {}, /input `stack` is required/],
  ["both", { stack: "free", bucket: "state" }, /one of them, not both/],
  ["a bucket without a key", { bucket: "state", region }, /input "key" is required/],
  ["a bucket without a region", { bucket: "state", key: "k" }, /input "region" is required/],
  ["a misspelt stack", { stack: "fre" }, /no stack "fre".*did you mean "free"/],
  ["an unknown mode", { stack: "free", mode: "Fail" }, /input "mode": must be one of fail, wait, report/],
  ["a timeout in minutes", { stack: "free", "timeout-seconds": "5m" }, /input "timeout-seconds"/],
  ["a bucket that is no name", { bucket: "https://evil", key: "k", region }, /input "bucket"/],
  [
    "a workspace that leaves its place",
    { bucket: "state", key: "k", region, workspace: "a/b" },
    /input "workspace"/,
  ],
  ["a role that is none", { stack: "free", "role-to-assume": "admin" }, /input "role-to-assume"/],
  [
    "a map that is not there",
    { stack: "free", map: "stacks.yml" },
    /input "map": there is no stack map at "stacks.yml"/,
  ],
  [
    "a map outside",
    { stack: "free", map: "../../../../etc/hostname" },
    /input "map": .*outside the workspace/,
  ],
])("refuses %s in one error", async (_, inputs, message) => {
  const { code, log } = await check(inputs);
  expect(code).toBe(1);
  expect(decodeURIComponent(log)).toMatch(new RegExp(message, "s"));
  expect(log.match(/^::error::/gm)).toHaveLength(1);
});

test("a map that is a link out of the workspace is outside", async () => {
  symlinkSync("/etc/hostname", join(workspace, "link.yml"));
  expect((await check({ stack: "free", map: "link.yml" })).log).toContain("outside the workspace");
});
