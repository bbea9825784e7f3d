import { runSimulation } from "@cloud-copilot/iam-simulate";
import { beforeAll, describe, expect, it } from "vitest";
import { Naming } from "../naming.ts";
import { repositoryMap } from "./repository.ts";
import { managedPolicy } from "./simulate.ts";
import { type Synthesized, synthesizeForTest } from "./synthesis.ts";

/** What functions and schedules may do: their own policy under the boundary of all workloads. */
const account = "123456789012";
const naming = (stack: string) =>
  new Naming({ project: "activity", account, region: "eu-west-1", stack: `stage/${stack}` });
const lambda = naming("workflow/lambda");
const batch = lambda.name("ingestion-batch-layer");
const realTime = lambda.name("ingestion-real-time-layer");
const manifest = lambda.tableArn(naming("storage/dynamodb").name("hour-manifest"));
const locks = lambda.tableArn("activity-locks");
const raw = lambda.bucketArn(naming("storage/s3").bucketName("raw-layer"));

let synthesized: Synthesized;
beforeAll(async () => {
  synthesized = await synthesizeForTest(repositoryMap());
});

async function allows(role: string | undefined, action: string, resource: string): Promise<boolean> {
  const policies = Object.values(
    synthesized.stack("stage/workflow/lambda").resource["aws_iam_role_policy"] ?? {},
  );
  const roles = synthesized.stack("stage/workflow/lambda").resource["aws_iam_role"] ?? {};
  const own = policies.find((policy) => {
    const id = /aws_iam_role\.([\w-]+)\.name/.exec(String(policy["role"]))?.[1] ?? "";
    return roles[id]?.["name"] === role;
  });
  const all = { Version: "2012-10-17", Statement: [{ Effect: "Allow", Action: "*", Resource: "*" }] };
  const boundary = managedPolicy(synthesized.stack("global/deploy-identity"), "workload-boundary");
  const result = await runSimulation(
    {
      request: {
        principal: `arn:aws:sts::${account}:assumed-role/${role ?? "any"}/test`,
        action,
        resource: { resource, accountId: account },
        contextVariables: {},
      },
      identityPolicies: [
        { name: "rights", policy: role === undefined ? all : JSON.parse(String(own?.["policy"])) },
      ],
      serviceControlPolicies: [],
      resourceControlPolicies: [],
      permissionBoundaryPolicies: [{ name: "boundary", policy: boundary }],
    },
    {},
  );
  if (result.resultType === "error") throw new Error(`${action}: ${JSON.stringify(result.errors)}`);
  return result.overallResult === "Allowed";
}

describe("the batch function", () => {
  it.each([
    ["dynamodb:UpdateItem", manifest],
    ["dynamodb:Query", manifest],
    ["dynamodb:Query", `${manifest}/index/pending`],
    ["sqs:ReceiveMessage", lambda.queueArn(batch)],
    ["sqs:DeleteMessage", lambda.queueArn(batch)],
    ["sqs:GetQueueAttributes", lambda.queueArn(batch)],
    ["sqs:SendMessage", lambda.queueArn(batch)],
    ["s3:PutObject", `${raw}/gharchive/x`],
    ["s3:GetObject", `${raw}/gharchive/x`],
  ])("may %s on %s", async (action, resource) => {
    expect(await allows(batch, action, resource)).toBe(true);
  });

  it.each([
    ["dynamodb:UpdateItem", locks],
    ["dynamodb:DeleteItem", manifest],
    ["dynamodb:PutItem", manifest],
    ["dynamodb:Scan", manifest],
    ["dynamodb:DeleteTable", manifest],
    ["sqs:ReceiveMessage", lambda.queueArn(`${batch}-dlq`)],
    ["sqs:PurgeQueue", lambda.queueArn(batch)],
    ["s3:DeleteObject", `${raw}/gharchive/x`],
    ["s3:PutObject", `${raw}/events-api/x`],
    ["secretsmanager:GetSecretValue", `arn:aws:secretsmanager:eu-west-1:${account}:secret:x-AbCdEf`],
  ])("may not %s on %s", async (action, resource) => {
    expect(await allows(batch, action, resource)).toBe(false);
  });
});

describe("other workloads", () => {
  it.each([
    [realTime, "s3:GetObject", `${raw}/events-api/x`, true],
    [realTime, "s3:PutObject", `${raw}/gharchive/x`, false],
    [realTime, "dynamodb:UpdateItem", manifest, false],
    [`${batch}-cron`, "sqs:SendMessage", lambda.queueArn(batch), true],
    [`${batch}-cron`, "sqs:SendMessage", lambda.queueArn(`${batch}-dlq`), false],
    [`${batch}-cron`, "lambda:InvokeFunction", lambda.functionArn(batch), false],
    [`${realTime}-cron`, "lambda:InvokeFunction", lambda.functionArn(realTime), true],
  ])("%s, %s on %s: %s", async (role, action, resource, allowed) => {
    expect(await allows(role, action, resource)).toBe(allowed);
  });
});

describe("the boundary of all workloads", () => {
  it.each([
    ["dynamodb:UpdateItem", manifest, true],
    ["dynamodb:GetItem", locks, false],
    ["dynamodb:UpdateItem", locks, false],
    ["sqs:GetQueueAttributes", lambda.queueArn("x"), true],
    ["sqs:DeleteQueue", lambda.queueArn("x"), false],
    ["secretsmanager:GetSecretValue", `arn:aws:secretsmanager:eu-west-1:${account}:secret:x-AbCdEf`, true],
    ["secretsmanager:PutSecretValue", `arn:aws:secretsmanager:eu-west-1:${account}:secret:x-AbCdEf`, false],
    ["cloudwatch:PutMetricData", "*", true],
    ["iam:CreateRole", lambda.roleArn("x"), false],
  ])("%s on %s: %s", async (action, resource, allowed) => {
    expect(await allows(undefined, action, resource)).toBe(allowed);
  });
});
