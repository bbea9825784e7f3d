import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import {
  CreateQueueCommand,
  GetQueueAttributesCommand,
  SendMessageCommand,
  SQSClient,
} from "@aws-sdk/client-sqs";
import { afterAll, beforeAll, expect, it } from "vitest";
import { Account } from "../src/account.ts";
import { Processes } from "../src/processes.ts";
import { openWorkplace, type Workplace } from "../src/rehearsal.ts";
import { feedFromQueue } from "../src/scenario/event-source.ts";
import { administrator } from "../src/servers/aws-front.ts";
import { type AwsServers, startAws } from "../src/servers/servers.ts";

const accountId = "123456789012";
const queueArn = `arn:aws:sqs:eu-west-1:${accountId}:batch`;
const role = `arn:aws:iam::${accountId}:role/batch`;
/** Reports each message as failed that says so. */
const program = `export const handler = async ({ Records }) => {
  if (Records.some(({ eventSource }) => eventSource !== "aws:sqs")) throw new Error("not from a queue");
  const failed = Records.filter(({ body }) => body.includes("bad"));
  return { batchItemFailures: failed.map(({ messageId }) => ({ itemIdentifier: messageId })) };
};`;

const processes = new Processes();
let workplace: Workplace;
let aws: AwsServers;
let account: Account;
let sqs: SQSClient;

async function call(service: string, path: string, type: string, body: string): Promise<void> {
  const scope = `${administrator.accessKeyId}/20260101/eu-west-1/${service}/aws4_request`;
  const authorization = `AWS4-HMAC-SHA256 Credential=${scope}, SignedHeaders=host, Signature=x`;
  const response = await fetch(`${aws.aws.url}${path}`, {
    method: "POST",
    headers: { "content-type": type, authorization },
    body,
  });
  if (!response.ok) throw new Error(await response.text());
}

const iam = (parameters: Record<string, string>) =>
  call(
    "iam",
    "/",
    "application/x-www-form-urlencoded",
    new URLSearchParams({ Version: "2010-05-08", ...parameters }).toString(),
  );

beforeAll(async () => {
  workplace = await openWorkplace();
  const { work, env } = workplace;
  await mkdir(join(work, "functions", "batch"), { recursive: true });
  await writeFile(join(work, "functions", "batch", "index.mjs"), program);
  aws = await startAws(processes, { account: accountId, cwd: work, env, log: () => undefined });
  account = new Account(aws.aws.url, "eu-west-1");
  sqs = new SQSClient({ endpoint: aws.aws.url, region: "eu-west-1", credentials: administrator });
  const statement = {
    Effect: "Allow",
    Action: ["sqs:ReceiveMessage", "sqs:DeleteMessage"],
    Resource: queueArn,
  };
  const policy = JSON.stringify({ Version: "2012-10-17", Statement: [statement] });
  await iam({ Action: "CreateRole", RoleName: "batch", AssumeRolePolicyDocument: policy });
  await iam({ Action: "PutRolePolicy", RoleName: "batch", PolicyName: "own", PolicyDocument: policy });
  await sqs.send(new CreateQueueCommand({ QueueName: "batch", Attributes: { VisibilityTimeout: "600" } }));
  const mapping = JSON.stringify({ FunctionName: "batch", EventSourceArn: queueArn, BatchSize: 2 });
  await call("lambda", "/2015-03-31/event-source-mappings/", "application/json", mapping);
});

afterAll(async () => {
  sqs.destroy();
  account.close();
  await aws.close();
  await processes.endAll();
  await workplace.remove();
});

it("feeds a function as many messages at a time as deployed, and leaves those that it reports as failed", async () => {
  const { work, env, map } = workplace;
  const QueueUrl = `${aws.aws.url}/${accountId}/batch`;
  for (const MessageBody of ["good 1", "bad", "good 2"])
    await sqs.send(new SendMessageCommand({ QueueUrl, MessageBody }));
  const scene = { work, env, map, processes, account, servers: { aws: aws.aws } };
  const bundle = join(work, "functions", "batch", "index.mjs");
  const given = { name: "batch", bundle, role, memory: 128, variables: {} };
  const fed = await feedFromQueue(scene, given, "http://127.0.0.1:9");
  expect(fed).toEqual({ invocations: 2, messages: 3, failures: 1 });
  const { Attributes } = await sqs.send(new GetQueueAttributesCommand({ QueueUrl, AttributeNames: ["All"] }));
  expect(Attributes).toMatchObject({
    ApproximateNumberOfMessages: "0",
    ApproximateNumberOfMessagesNotVisible: "1",
  });
  expect(aws.aws.denials).toEqual([]);
});
