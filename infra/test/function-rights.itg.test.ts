import { spawn } from "node:child_process";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { CreateTableCommand, DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { CreateBucketCommand, PutObjectCommand, S3Client } from "@aws-sdk/client-s3";
import { CreateSecretCommand, SecretsManagerClient } from "@aws-sdk/client-secrets-manager";
import { CreateQueueCommand, ReceiveMessageCommand, SQSClient } from "@aws-sdk/client-sqs";
import { unzipSync } from "fflate";
import { afterAll, beforeAll, expect, it } from "vitest";
import { buildFunctions } from "../../functions/build.ts";
import { serve } from "../../functions/test/http-server.ts";
import { manifestKeys } from "../../functions/test/moto-server.ts";
import { administrator } from "../../rehearsal/src/servers/aws-front.ts";
import { type AwsAccount, openAccount } from "./aws-account.ts";
import { repositoryMap } from "./repository.ts";
import { managedPolicy } from "./simulate.ts";
import { type Configuration, resources, synthesizeForTest } from "./synthesis.ts";

/** The packages run with the roles, boundaries and variables that the stacks give them, and nothing more. */
const accountId = "123456789012";
const prefix = "activity-stage-workflow-lambda-";
let account: AwsAccount;
let folder: string;
let lambda: Configuration;
let secretArn: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "rights-"));
  account = await openAccount(accountId);
  const synthesized = await synthesizeForTest(repositoryMap());
  lambda = synthesized.stack("stage/workflow/lambda");
  for (const { name, zip } of await buildFunctions(folder))
    await writeFile(join(folder, `${name}.mjs`), unzipSync(await readFile(zip))["index.mjs"] ?? "");
  await makeRoles(managedPolicy(synthesized.stack("global/deploy-identity"), "workload-boundary"));
  await makeThings();
}, 120_000);
afterAll(async () => {
  await account.close();
  await rm(folder, { recursive: true });
});

async function iam(parameters: Record<string, string>): Promise<void> {
  const scope = `${administrator.accessKeyId}/20260101/us-east-1/iam/aws4_request`;
  const response = await fetch(account.front.url, {
    method: "POST",
    headers: {
      "content-type": "application/x-www-form-urlencoded",
      authorization: `AWS4-HMAC-SHA256 Credential=${scope}, SignedHeaders=host, Signature=x`,
    },
    body: new URLSearchParams({ Version: "2010-05-08", ...parameters }).toString(),
  });
  if (!response.ok) throw new Error(await response.text());
}

async function makeRoles(boundary: unknown): Promise<void> {
  const PolicyDocument = JSON.stringify(boundary);
  await iam({ Action: "CreatePolicy", PolicyName: "activity-workload-boundary", PolicyDocument });
  const policies = Object.entries(lambda.resource["aws_iam_role_policy"] ?? {});
  for (const [id, role] of Object.entries(lambda.resource["aws_iam_role"] ?? {})) {
    const RoleName = String(role["name"]);
    await iam({
      Action: "CreateRole",
      RoleName,
      AssumeRolePolicyDocument: String(role["assume_role_policy"]),
      PermissionsBoundary: String(role["permissions_boundary"]),
    });
    const own = policies.find(([, policy]) => String(policy["role"]).includes(`.${id}.`))?.[1];
    await iam({
      Action: "PutRolePolicy",
      RoleName,
      PolicyName: "rights",
      PolicyDocument: withSecret(RoleName, String(own?.["policy"])),
    });
  }
}

/** The example has no token; whoever adds one gets this statement from `secrets`. */
function withSecret(role: string, policy: string): string {
  const document = JSON.parse(policy) as { Statement: unknown[] };
  const reads = { Effect: "Allow", Action: "secretsmanager:GetSecretValue", Resource: "*" };
  return role.endsWith("real-time-layer")
    ? JSON.stringify({ ...document, Statement: [...document.Statement, reads] })
    : policy;
}

async function makeThings(): Promise<void> {
  const options = { endpoint: account.front.url, region: "eu-west-1", credentials: administrator };
  await new S3Client({ ...options, forcePathStyle: true }).send(
    new CreateBucketCommand({
      Bucket: `activity-stage-storage-s3-raw-layer-${accountId}`,
      CreateBucketConfiguration: { LocationConstraint: "eu-west-1" },
    }),
  );
  await new DynamoDBClient(options).send(
    new CreateTableCommand({ TableName: "activity-stage-storage-dynamodb-hour-manifest", ...manifestKeys }),
  );
  await new SQSClient(options).send(new CreateQueueCommand({ QueueName: `${prefix}ingestion-batch-layer` }));
  const secret = new CreateSecretCommand({ Name: "token", SecretString: "ghp_abc" });
  secretArn = (await new SecretsManagerClient(options).send(secret)).ARN ?? "";
}

/** As Lambda does it: the package, the function's role and variables, and an event. */
async function invoke(name: string, event: unknown, variables: Record<string, string>): Promise<unknown> {
  const deployed = resources(lambda, "aws_lambda_function").find(
    (found) => found["function_name"] === `${prefix}${name}`,
  );
  const environment = deployed?.["environment"] as { variables: Record<string, string> };
  const program = `
    const { handler } = await import("./${name}.mjs");
    const result = await handler(${JSON.stringify(event)}, { getRemainingTimeInMillis: () => 90_000 });
    process.stderr.write(JSON.stringify(result));`;
  const child = spawn(process.execPath, ["--input-type=module", "--eval", program], {
    cwd: folder,
    env: { ...(await account.assume(`${prefix}${name}`)), ...environment.variables, ...variables },
  });
  let [out, err] = ["", ""];
  child.stdout.on("data", (chunk) => (out += chunk));
  child.stderr.on("data", (chunk) => (err += chunk));
  const { promise, resolve } = Promise.withResolvers<number | null>();
  child.on("close", resolve);
  const code = await promise;
  expect(account.front.denials, out).toEqual([]);
  expect(code, `${out}${err}`).toBe(0);
  return JSON.parse(err);
}

it("the batch function lands, records, finds what is missing and asks for others", async () => {
  const body = gzipSync('{"id":"1"}\n');
  await using archive = await serve((request, response) =>
    request.url?.includes("-5.") === true ? response.end(body) : response.writeHead(404).end(),
  );
  const batch = (...bodies: string[]) => ({
    Records: bodies.map((text, index) => ({ messageId: `m${index}`, body: text, eventSource: "aws:sqs" })),
  });
  const variables = { ARCHIVE_URL: archive.url };
  const messages = batch('{"hour":"2024-01-01-2"}', '{"time":"2024-01-01T06:15:00Z"}');
  expect(await invoke("ingestion-batch-layer", messages, variables)).toEqual({ batchItemFailures: [] });
  expect(await invoke("ingestion-batch-layer", { hour: "2024-01-01-5" }, variables)).toMatchObject({
    outcome: "already-there",
  });
  const sqs = new SQSClient({
    endpoint: account.front.url,
    region: "eu-west-1",
    credentials: administrator,
    useQueueUrlAsEndpoint: false,
  });
  const QueueUrl = `https://sqs.eu-west-1.amazonaws.com/${accountId}/${prefix}ingestion-batch-layer`;
  const { Messages = [] } = await sqs.send(new ReceiveMessageCommand({ QueueUrl, MaxNumberOfMessages: 10 }));
  expect(Messages.map(({ Body }) => Body).toSorted()).toEqual([
    '{"hour":"2024-01-01-3"}',
    '{"hour":"2024-01-01-4"}',
  ]);
}, 60_000);

it("the real-time function reads its token, polls, writes, and settles what was left", async () => {
  await using github = await serve((request, response) =>
    request.headers.authorization === "Bearer ghp_abc"
      ? response.end('[{"id":"1","type":"PushEvent"}]')
      : response.writeHead(401).end(),
  );
  const variables = { GITHUB_EVENTS_URL: github.url, TOKEN_SECRET_ARN: secretArn };
  expect(await invoke("ingestion-real-time-layer", {}, variables)).toMatchObject({ outcome: "written" });
  const state = {
    version: 1,
    seen: [],
    nextPollAt: "2026-01-01T00:00:00.000Z",
    claim: { id: "gone", until: "2026-01-01T00:00:00.000Z", key: "events-api/gone.json.gz" },
  };
  const s3 = new S3Client({
    endpoint: account.front.url,
    region: "eu-west-1",
    credentials: administrator,
    forcePathStyle: true,
  });
  const put = (Key: string, Body: string | Buffer) =>
    s3.send(new PutObjectCommand({ Bucket: `activity-stage-storage-s3-raw-layer-${accountId}`, Key, Body }));
  await put(state.claim.key, gzipSync('{"id":"1","type":"PushEvent"}\n'));
  await put("_state/real-time.json", JSON.stringify(state));
  expect(await invoke("ingestion-real-time-layer", {}, variables)).toMatchObject({
    outcome: "unchanged",
    known: 1,
  });
}, 60_000);
