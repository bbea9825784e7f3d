import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { CreateTableCommand, DynamoDBClient, PutItemCommand } from "@aws-sdk/client-dynamodb";
import { CreateBucketCommand, GetObjectCommand, PutObjectCommand, S3Client } from "@aws-sdk/client-s3";
import { afterAll, beforeAll, beforeEach, expect, test, vi } from "vitest";
import { createLockReader } from "../../shared/src/adapters/lock-reader.ts";
import type { StackBackend } from "../../shared/src/contracts/stack-map.ts";
import { runActionProcess } from "../../shared/test/action-process.ts";
import { localServer } from "../../shared/test/local-server.ts";
import { type MotoServer, startMoto } from "../../shared/test/moto-server.ts";

const region = "eu-west-1";
const key = "app/terraform.tfstate";
const backend: StackBackend = { bucket: "state", key, region, table: "locks", workspace: "default" };
const created = "2026-11-22T10:00:00.123456789Z";
let moto: MotoServer;
let workspace: string;
let s3: S3Client;
let dynamo: DynamoDBClient;

const lockOf = (ID: string) =>
  JSON.stringify({
    ID,
    Operation: "OperationTypeApply",
    Info: "",
    Who: "runner@host",
    Version: "1.11.4",
    Created: created,
    Path: `state/${key}`,
  });
const lockFile = (Body: string) =>
  s3.send(new PutObjectCommand({ Bucket: "state", Key: `${key}.tflock`, Body }));
const lockItem = (info: string) =>
  dynamo.send(
    new PutItemCommand({ TableName: "locks", Item: { LockID: { S: `state/${key}` }, Info: { S: info } } }),
  );
const locks = () => createLockReader()(backend);

beforeAll(async () => {
  workspace = mkdtempSync(join(tmpdir(), "unlock-"));
  mkdirSync(join(workspace, ".github"));
  writeFileSync(
    join(workspace, ".github", "stacks.yml"),
    `version: 1
project: activity
repository: acme/demo
state: { bucket: state, region: ${region}, table: locks }
environments: { stage: { account: "123456789012", region: ${region} } }
stacks:
  app: { environment: stage, paths: ["app/**"] }
`,
  );
  moto = await startMoto();
  for (const [name, value] of Object.entries(moto.env)) vi.stubEnv(name, value);
  s3 = new S3Client({ region });
  dynamo = new DynamoDBClient({ region });
});
afterAll(async () => {
  await moto.stop();
  rmSync(workspace, { recursive: true });
});
beforeEach(async () => {
  await fetch(`${moto.url}/moto-api/reset`, { method: "POST" });
  const CreateBucketConfiguration = { LocationConstraint: region } as const;
  await s3.send(new CreateBucketCommand({ Bucket: "state", CreateBucketConfiguration }));
  await dynamo.send(
    new CreateTableCommand({
      TableName: "locks",
      BillingMode: "PAY_PER_REQUEST",
      AttributeDefinitions: [{ AttributeName: "LockID", AttributeType: "S" }],
      KeySchema: [{ AttributeName: "LockID", KeyType: "HASH" }],
    }),
  );
});

/** The note that an apply of this run left before it took the lock. */
function note(...runs: string[]) {
  const writers = runs.map((id) => ({
    run: { id, attempt: 1, url: `https://github.com/acme/demo/actions/runs/${id}` },
    who: "runner@host",
    startedAt: "2026-11-22T09:59:00.000Z",
  }));
  const Body = JSON.stringify({ version: 1, stack: "app", writers });
  return s3.send(new PutObjectCommand({ Bucket: "state", Key: "deployments/app.writers", Body }));
}

/** GitHub's API with these runs, and with open issues of these titles. */
async function github(runs: Readonly<Record<string, object>>, issues: readonly string[] = []) {
  const written: { path: string; body: { title?: string; body: string; labels?: string[] } }[] = [];
  const server = await localServer(({ url, method, body }) => {
    const headers = { "content-type": "application/json" };
    if (method === "POST") {
      written.push({ path: url.pathname, body: JSON.parse(body) });
      return {
        status: 201,
        headers,
        body: JSON.stringify({ html_url: `https://github.com${url.pathname}/1` }),
      };
    }
    if (url.pathname.endsWith("/issues"))
      return { headers, body: JSON.stringify(issues.map((title, index) => ({ number: index + 4, title }))) };
    const run = runs[url.pathname.split("/").at(-1) ?? ""];
    return run === undefined
      ? { status: 404, headers, body: '{"message":"Not Found"}' }
      : { headers, body: JSON.stringify({ run_attempt: 1, conclusion: null, ...run }) };
  });
  return { url: server.url, written };
}

function unlock(
  inputs: Readonly<Record<string, string>>,
  { api, token = "ghs_token" }: { readonly api?: string; readonly token?: string } = {},
) {
  const given = { stack: "app", "lock-id": "one", "github-token": token, ...inputs };
  return runActionProcess("unlock", given, {
    GITHUB_WORKSPACE: workspace,
    GITHUB_REPOSITORY: "acme/demo",
    GITHUB_RUN_ID: "900",
    GITHUB_ACTOR: "mia",
    GITHUB_API_URL: api ?? "http://127.0.0.1:1",
    ...moto.env,
  });
}

test("the lock of a run that is over goes from both places, and an issue keeps who did it", async () => {
  await Promise.all([lockFile(lockOf("one")), lockItem(lockOf("one")), note("77")]);
  const { url, written } = await github({ 77: { status: "completed", conclusion: "cancelled" } });
  const { code, log, outputs, summary } = await unlock({}, { api: url });
  expect({ code, log }).toMatchObject({ code: 0 });
  expect(outputs).toMatchObject({ status: "released", digest: "match" });
  expect(JSON.parse(outputs["released"] ?? "")).toEqual(["dynamodb", "lockfile"]);
  expect(await locks()).toEqual({ status: "free" });
  expect(summary).toContain("`mia` released the state lock `one` of `app`");
  expect(written).toHaveLength(1);
  expect(written[0]).toMatchObject({
    path: "/repos/acme/demo/issues",
    body: { title: "State lock of app released by hand", labels: ["state-lock"] },
  });
  expect(written[0]?.body.body).toContain(
    "[77](https://github.com/acme/demo/actions/runs/77), attempt 1: over (cancelled)",
  );
  const left = await s3.send(new GetObjectCommand({ Bucket: "state", Key: "deployments/app.writers" }));
  expect(JSON.parse((await left.Body?.transformToString()) ?? "").writers).toEqual([]);
});

test("the lock of a run that still runs stays, unless it is forced with a reason", async () => {
  await Promise.all([lockFile(lockOf("one")), note("77", "78")]);
  const title = "State lock of app released by hand";
  const runs = { 77: { status: "completed", conclusion: "failure" }, 78: { status: "in_progress" } };
  const { url, written } = await github(runs, ["another", title]);
  const refused = await unlock({}, { api: url });
  expect(refused.code).toBe(1);
  expect(refused.log).toMatch(/::error::Nothing was released.*runs\/78 \(attempt 1\), which still runs/);
  expect(await locks()).toMatchObject({ status: "held" });
  expect(written).toEqual([]);

  const bare = await unlock({ force: "true" }, { api: url });
  expect(bare.log).toContain('input "reason" is required together with `force`');

  const forced = await unlock({ force: "true", reason: "the machine\n@all burnt" }, { api: url });
  expect(forced).toMatchObject({ code: 0, outputs: { status: "released", released: '["lockfile"]' } });
  expect(written[0]?.path).toBe("/repos/acme/demo/issues/5/comments");
  expect(written[0]?.body.body).toMatch(/^- Forced, although it may belong to .*runs/m);
  expect(written[0]?.body.body).toMatch(/^- Reason: the machine @\u200ball burnt$/m);
});

test("a run that was started again since is over", async () => {
  await Promise.all([lockFile(lockOf("one")), note("77")]);
  const { url } = await github({ 77: { status: "in_progress", run_attempt: 2 } });
  expect((await unlock({}, { api: url })).outputs["status"]).toBe("released");
});

test.each([
  ["nobody noted itself", [], true],
  ["GitHub does not know the run", ["79"], true],
  ["there is no token", ["77"], false],
])("it is not certain that the holder is over when %s", async (_, noted, withToken) => {
  await lockFile(lockOf("one"));
  if (noted.length > 0) await note(...noted);
  const { url } = await github({ 77: { status: "completed" } });
  const { code, log } = await unlock({}, { api: url, ...(withToken ? {} : { token: "" }) });
  expect(code).toBe(1);
  expect(log).toMatch(/it is not certain that the holder of the lock one is over/);
  expect(await locks()).toMatchObject({ status: "held" });
});

test("a lock with another id stays, and is described", async () => {
  await Promise.all([lockFile(lockOf("two")), note("77")]);
  const { code, log } = await unlock({ force: "true", reason: "sure" });
  expect(code).toBe(1);
  expect(log).toMatch(/::error::Nothing was released: the lock is not one\..*runner@host.*lock two/);
  expect(await locks()).toMatchObject({ status: "held", holders: [{ id: "two" }] });
});

test("a half-done release is finished, and a second time there is nothing to do", async () => {
  await Promise.all([lockItem(lockOf("one")), note("77")]);
  const { url } = await github({ 77: { status: "completed" } });
  expect((await unlock({}, { api: url })).outputs).toMatchObject({
    status: "released",
    released: '["dynamodb"]',
  });
  const again = await unlock({}, { api: url });
  expect(again).toMatchObject({ code: 0, outputs: { status: "free", released: "[]", issue: "" } });
});

test("one of two locks that cannot be read keeps both", async () => {
  await Promise.all([lockFile(""), lockItem(lockOf("one")), note("77")]);
  const { code, log } = await unlock({ force: "true", reason: "sure" });
  expect(code).toBe(1);
  expect(log).toMatch(/::error::Nothing was released: the lock file s3:\/\/state\/app.*it is empty/);
  expect(
    (await dynamo.send(new (await import("@aws-sdk/client-dynamodb")).ScanCommand({ TableName: "locks" })))
      .Count,
  ).toBe(1);
});

test("only the lock with the id goes when each place has its own", async () => {
  await Promise.all([lockFile(lockOf("one")), lockItem(lockOf("two"))]);
  const { outputs, log } = await unlock({ force: "true", reason: "sure" }, { token: "" });
  expect(outputs).toMatchObject({ status: "released", released: '["lockfile"]' });
  expect(log).toMatch(/Another lock is there now, and was left alone.*lock two/);
  expect(await locks()).toMatchObject({ holders: [{ id: "two", kind: "dynamodb" }] });
});

test("a state without a stack map, in a workspace, is named by its backend", async () => {
  const Key = "env:/blue/net.tfstate.tflock";
  await s3.send(new PutObjectCommand({ Bucket: "state", Key, Body: lockOf("one") }));
  const place = { stack: "", bucket: "state", key: "net.tfstate", region, workspace: "blue" };
  const refused = await unlock(place, { token: "" });
  expect(refused.log).toContain("the state is in no stack map");
  const forced = await unlock({ ...place, force: "true", reason: "gone" }, { token: "" });
  expect(forced).toMatchObject({ code: 0, outputs: { released: '["lockfile"]', digest: "not-used" } });
  expect(forced.summary).toContain("`state/env:/blue/net.tfstate`");
});

test("an issue that cannot be written is a warning: the lock is gone", async () => {
  await lockFile(lockOf("one"));
  const { url } = await localServer(() => ({ status: 403, body: '{"message":"Resource not accessible"}' }));
  const { code, log } = await unlock({ force: "true", reason: "sure" }, { api: url });
  expect(code).toBe(0);
  expect(log).toMatch(/^::warning::The audit line is in this job's summary only/m);
  expect(await locks()).toEqual({ status: "free" });
});

test("a digest that was left behind is told with the command that mends it", async () => {
  await lockFile(lockOf("one"));
  const stored = "0".repeat(32);
  const item = { LockID: { S: `state/${key}-md5` }, Digest: { S: stored } };
  await dynamo.send(new PutItemCommand({ TableName: "locks", Item: item }));
  const { outputs, log } = await unlock({ force: "true", reason: "sure" }, { token: "" });
  expect(outputs).toMatchObject({ status: "released", digest: "digest-without-state" });
  expect(log).toContain("aws dynamodb delete-item --region eu-west-1 --table-name 'locks'");
});

test.each([
  ["no id", { "lock-id": "" }, /input "lock-id"/],
  ["an id that no lock has", { "lock-id": "$(id)" }, /input "lock-id": is not the id of a lock/],
  ["neither stack nor bucket", { stack: "" }, /input `stack` is required/],
])("%s is an error that names the input", async (_, inputs, message) => {
  const { code, log } = await unlock(inputs);
  expect(code).toBe(1);
  expect(log).toMatch(message);
});
