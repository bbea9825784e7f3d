import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { CreateTableCommand, DynamoDBClient, PutItemCommand } from "@aws-sdk/client-dynamodb";
import {
  CreateBucketCommand,
  GetObjectCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  S3Client,
} from "@aws-sdk/client-s3";
import { AssumeRoleWithWebIdentityCommand, STSClient } from "@aws-sdk/client-sts";
import { exportJWK, generateKeyPair, SignJWT } from "jose";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { machineEnvironment } from "../src/machine.ts";
import { Processes } from "../src/processes.ts";
import { administrator } from "../src/servers/aws-front.ts";
import type { TokenRun } from "../src/servers/oidc-issuer.ts";
import { type Servers, startServers } from "../src/servers/servers.ts";

const account = "123456789012";
const provider = `arn:aws:iam::${account}:oidc-provider/token.actions.githubusercontent.com`;
const roleArn = `arn:aws:iam::${account}:role/apply`;
const claim = "token.actions.githubusercontent.com";
const run: TokenRun = {
  id: "1",
  attempt: 1,
  repository: "acme/tiny",
  workflow: ".github/workflows/deploy.yml",
  workflowName: "deploy",
  event: "push",
  ref: "refs/heads/main",
  sha: "a".repeat(40),
  actor: "ada",
};

let servers: Servers;
let work: string;
const processes = new Processes();

const clientOptions = (credentials: {
  accessKeyId: string;
  secretAccessKey: string;
  sessionToken?: string;
}) => ({
  endpoint: servers.aws.url,
  region: "eu-west-1",
  credentials,
  maxAttempts: 1,
});

async function iam(parameters: Record<string, string>): Promise<void> {
  const response = await fetch(servers.aws.url, {
    method: "POST",
    headers: {
      "content-type": "application/x-www-form-urlencoded",
      authorization: `AWS4-HMAC-SHA256 Credential=${administrator.accessKeyId}/20260101/us-east-1/iam/aws4_request, SignedHeaders=host, Signature=x`,
    },
    body: new URLSearchParams({ Version: "2010-05-08", ...parameters }).toString(),
  });
  if (!response.ok) throw new Error(await response.text());
}

const policy = (...statements: object[]): string =>
  JSON.stringify({ Version: "2012-10-17", Statement: statements });

beforeAll(async () => {
  work = await mkdtemp(join(tmpdir(), "front-"));
  const env = machineEnvironment(work, process.env);
  for (const folder of ["home", "tmp"]) await mkdir(join(work, folder));
  servers = await startServers(processes, {
    repository: "acme/tiny",
    author: "ada",
    account,
    cwd: work,
    env,
    log: () => undefined,
  });
  const condition = {
    StringEquals: {
      [`${claim}:aud`]: "sts.amazonaws.com",
      [`${claim}:sub`]: "repo:acme/tiny:environment:stage",
      [`${claim}:job_workflow_ref`]: "acme/tiny/.github/workflows/deploy.yml@refs/heads/main",
    },
  };
  const trust = {
    Effect: "Allow",
    Action: "sts:AssumeRoleWithWebIdentity",
    Principal: { Federated: provider },
    Condition: condition,
  };
  await iam({ Action: "CreateRole", RoleName: "apply", AssumeRolePolicyDocument: policy(trust) });
  await iam({
    Action: "PutRolePolicy",
    RoleName: "apply",
    PolicyName: "own",
    PolicyDocument: policy(
      { Effect: "Allow", Action: ["s3:GetObject", "s3:PutObject"], Resource: "arn:aws:s3:::state/one/*" },
      {
        Effect: "Allow",
        Action: "s3:ListBucket",
        Resource: "arn:aws:s3:::state",
        Condition: { StringLike: { "s3:prefix": "one/*" } },
      },
      {
        Effect: "Allow",
        Action: "dynamodb:PutItem",
        Resource: `arn:aws:dynamodb:eu-west-1:${account}:table/locks`,
        Condition: {
          "ForAllValues:StringEquals": { "dynamodb:LeadingKeys": ["state/one/terraform.tfstate"] },
        },
      },
    ),
  });
  const admin = clientOptions(administrator);
  await new S3Client({ ...admin, forcePathStyle: true }).send(new CreateBucketCommand({ Bucket: "state" }));
  await new DynamoDBClient(admin).send(
    new CreateTableCommand({
      TableName: "locks",
      BillingMode: "PAY_PER_REQUEST",
      AttributeDefinitions: [{ AttributeName: "LockID", AttributeType: "S" }],
      KeySchema: [{ AttributeName: "LockID", KeyType: "HASH" }],
    }),
  );
}, 60_000);

afterAll(async () => {
  await servers.close();
  await processes.endAll();
  await rm(work, { recursive: true, force: true });
});

async function token(
  environment: string | undefined,
  given: TokenRun = run,
  audience = "sts.amazonaws.com",
): Promise<string> {
  const { requestUrl, requestToken } = servers.oidc.admit(given);
  const query = environment === undefined ? "" : `&environment=${environment}`;
  const answer = await fetch(`${requestUrl}${query}&audience=${audience}`, {
    headers: { authorization: `Bearer ${requestToken}` },
  });
  servers.oidc.dismiss(requestToken);
  return ((await answer.json()) as { value: string }).value;
}

async function assume(
  webIdentityToken: string,
  sessionPolicy?: string,
): Promise<{ accessKeyId: string; secretAccessKey: string; sessionToken: string }> {
  const sts = new STSClient({ endpoint: servers.aws.url, region: "eu-west-1", maxAttempts: 1 });
  const { Credentials: given } = await sts.send(
    new AssumeRoleWithWebIdentityCommand({
      RoleArn: roleArn,
      RoleSessionName: "t",
      WebIdentityToken: webIdentityToken,
      Policy: sessionPolicy,
    }),
  );
  return {
    accessKeyId: given?.AccessKeyId ?? "",
    secretAccessKey: given?.SecretAccessKey ?? "",
    sessionToken: given?.SessionToken ?? "",
  };
}

describe("a web identity token", () => {
  it("of the right environment and workflow gets credentials", async () => {
    expect((await assume(await token("stage"))).sessionToken).not.toBe("");
  });

  it.each([
    ["another environment", () => token("prod")],
    ["no environment", () => token(undefined)],
    ["another workflow", () => token("stage", { ...run, workflow: ".github/workflows/evil.yml" })],
    ["another branch", () => token("stage", { ...run, ref: "refs/heads/feature" })],
    ["another repository", () => token("stage", { ...run, repository: "acme/tiny-evil" })],
    ["another audience", () => token("stage", run, "somebody-else")],
  ])("of %s is refused", async (_, make) => {
    await expect(assume(await make())).rejects.toMatchObject({ name: "AccessDenied" });
  });

  it("signed by somebody else is refused", async () => {
    const { privateKey, publicKey } = await generateKeyPair("RS256");
    const { kid } = { kid: "x", ...(await exportJWK(publicKey)) };
    const forged = await new SignJWT({ sub: "repo:acme/tiny:environment:stage", aud: "sts.amazonaws.com" })
      .setProtectedHeader({ alg: "RS256", kid })
      .setIssuer("https://token.actions.githubusercontent.com")
      .setExpirationTime("5m")
      .sign(privateKey);
    await expect(assume(forged)).rejects.toMatchObject({
      name: expect.stringContaining("InvalidIdentityToken"),
    });
  });

  it("is not given to who does not show the run's key", async () => {
    const answer = await fetch(`${servers.oidc.url}/token?audience=x`, {
      headers: { authorization: "Bearer guess" },
    });
    expect(answer.status).toBe(401);
  });
});

describe("a role's credentials", () => {
  it("may do what the role's policy says, and nothing beside it", async () => {
    const s3 = new S3Client({ ...clientOptions(await assume(await token("stage"))), forcePathStyle: true });
    await s3.send(new PutObjectCommand({ Bucket: "state", Key: "one/terraform.tfstate", Body: "{}" }));
    expect((await s3.send(new ListObjectsV2Command({ Bucket: "state", Prefix: "one/" }))).KeyCount).toBe(1);
    await expect(
      s3.send(new PutObjectCommand({ Bucket: "state", Key: "two/x", Body: "" })),
    ).rejects.toMatchObject({ name: "AccessDenied" });
    await expect(
      s3.send(new ListObjectsV2Command({ Bucket: "state", Prefix: "two/" })),
    ).rejects.toMatchObject({ name: "AccessDenied" });
  });

  it("are not told whether an object is absent where they may not list without a prefix", async () => {
    const s3 = new S3Client({ ...clientOptions(await assume(await token("stage"))), forcePathStyle: true });
    await expect(s3.send(new GetObjectCommand({ Bucket: "state", Key: "one/absent" }))).rejects.toMatchObject(
      {
        name: "AccessDenied",
      },
    );
  });

  it("may lock its own state only", async () => {
    const locks = new DynamoDBClient(clientOptions(await assume(await token("stage"))));
    const put = (key: string) =>
      locks.send(new PutItemCommand({ TableName: "locks", Item: { LockID: { S: key } } }));
    await put("state/one/terraform.tfstate");
    await expect(put("state/two/terraform.tfstate")).rejects.toMatchObject({ name: "AccessDeniedException" });
  });

  it("are narrowed by a session policy", async () => {
    const session = policy({ Effect: "Allow", Action: "s3:GetObject", Resource: "*" });
    const s3 = new S3Client({
      ...clientOptions(await assume(await token("stage"), session)),
      forcePathStyle: true,
    });
    expect(
      await (
        await s3.send(new GetObjectCommand({ Bucket: "state", Key: "one/terraform.tfstate" }))
      ).Body?.transformToString(),
    ).toBe("{}");
    await expect(
      s3.send(new PutObjectCommand({ Bucket: "state", Key: "one/x", Body: "" })),
    ).rejects.toMatchObject({ name: "AccessDenied" });
  });

  it("that nobody gave out are refused", async () => {
    const s3 = new S3Client({
      ...clientOptions({ accessKeyId: "AKIAGUESSED", secretAccessKey: "x" }),
      forcePathStyle: true,
    });
    await expect(s3.send(new GetObjectCommand({ Bucket: "state", Key: "one/x" }))).rejects.toMatchObject({
      name: "AccessDenied",
    });
  });
});
