import { expect, it } from "vitest";
import { z } from "zod";
import { KeptHere } from "../src/servers/aws/kept-here.ts";
import type { AwsCall } from "../src/servers/aws/permission.ts";
import { rewriteOf } from "../src/servers/aws/rewrites.ts";
import { permissionsOf } from "../src/servers/aws/service-permissions.ts";

const functionArn = "arn:aws:lambda:eu-west-1:123456789012:function:batch";
const queueArn = "arn:aws:sqs:eu-west-1:123456789012:batch";

function lambdaCall(method: string, path: string, body?: unknown): AwsCall {
  return {
    service: "lambda",
    region: "eu-west-1",
    account: "123456789012",
    method,
    url: new URL(path, "http://127.0.0.1"),
    headers: {},
    body: body === undefined ? "" : JSON.stringify(body),
  };
}

const Shown = z.object({ UUID: z.string(), EventSourceMappingArn: z.string() });
const created = { FunctionName: "batch", EventSourceArn: queueArn, BatchSize: 4, Tags: { stack: "a" } };

it("a mapping is kept from its creation to its deletion", () => {
  const kept = new KeptHere();
  const answer = kept.answer(lambdaCall("POST", "/2015-03-31/event-source-mappings/", created));
  expect(answer).toMatchObject({
    status: 202,
    body: { FunctionArn: functionArn, BatchSize: 4, State: "Enabled" },
  });
  const { UUID: id, EventSourceMappingArn: arn } = Shown.parse(answer?.body);
  const one = `/2015-03-31/event-source-mappings/${id}`;
  const tags = `/2017-03-31/tags/${encodeURIComponent(arn)}`;
  expect(kept.mappings.functionArn(arn)).toBe(functionArn);
  expect(kept.answer(lambdaCall("PUT", one, { BatchSize: 2 }))).toMatchObject({ body: { BatchSize: 2 } });
  expect(kept.answer(lambdaCall("GET", one))).toMatchObject({
    body: { BatchSize: 2, EventSourceArn: queueArn },
  });
  const list = `/2015-03-31/event-source-mappings/?EventSourceArn=${queueArn}`;
  expect(kept.answer(lambdaCall("GET", list))).toMatchObject({
    body: { EventSourceMappings: [{ UUID: id }] },
  });
  kept.answer(lambdaCall("POST", tags, { Tags: { more: "b" } }));
  kept.answer(lambdaCall("DELETE", `${tags}?tagKeys=stack`));
  expect(kept.answer(lambdaCall("GET", tags))).toEqual({ status: 200, body: { Tags: { more: "b" } } });
  expect(kept.answer(lambdaCall("DELETE", one))).toMatchObject({ status: 202 });
  expect(kept.answer(lambdaCall("GET", one))).toMatchObject({
    status: 404,
    fault: "ResourceNotFoundException",
  });
});

it("a second mapping of the same queue to the same function is refused", () => {
  const kept = new KeptHere();
  const create = () => kept.answer(lambdaCall("POST", "/2015-03-31/event-source-mappings/", created));
  create();
  expect(create()).toMatchObject({ status: 409, fault: "ResourceConflictException" });
});

it("what is about functions is left to moto", () => {
  const kept = new KeptHere();
  expect(kept.answer(lambdaCall("GET", "/2015-03-31/functions/batch"))).toBeUndefined();
  expect(
    kept.answer(lambdaCall("GET", `/2017-03-31/tags/${encodeURIComponent(functionArn)}`)),
  ).toBeUndefined();
});

it.each<[string, AwsCall, unknown[]]>([
  [
    "making a mapping, by the function",
    lambdaCall("POST", "/2015-03-31/event-source-mappings/", created),
    [
      {
        action: "lambda:CreateEventSourceMapping",
        resource: "*",
        context: { "lambda:FunctionArn": functionArn },
      },
    ],
  ],
  [
    "a query of an index, by the index",
    {
      ...lambdaCall("POST", "/", { TableName: "t", IndexName: "pending" }),
      service: "dynamodb",
      headers: { "x-amz-target": "DynamoDB_20120810.Query" },
    },
    [
      {
        action: "dynamodb:Query",
        resource: "arn:aws:dynamodb:eu-west-1:123456789012:table/t/index/pending",
        context: {},
      },
    ],
  ],
  [
    "alarms, by each name",
    {
      ...lambdaCall("POST", "/"),
      service: "monitoring",
      body: "Action=DeleteAlarms&AlarmNames.member.1=a&AlarmNames.member.2=b",
    },
    ["a", "b"].map((name) => ({
      action: "cloudwatch:DeleteAlarms",
      resource: `arn:aws:cloudwatch:eu-west-1:123456789012:alarm:${name}`,
      context: {},
    })),
  ],
  [
    "a secret, by its ARN",
    {
      ...lambdaCall("POST", "/", {
        SecretId: "arn:aws:secretsmanager:eu-west-1:123456789012:secret:x-AbCdEf",
      }),
      service: "secretsmanager",
      headers: { "x-amz-target": "secretsmanager.GetSecretValue" },
    },
    [
      {
        action: "secretsmanager:GetSecretValue",
        resource: "arn:aws:secretsmanager:eu-west-1:123456789012:secret:x-AbCdEf",
        context: {},
      },
    ],
  ],
])("judges %s", (_, call, permissions) => {
  expect(permissionsOf(call)).toEqual(permissions);
});

it("a redrive policy comes back without the spaces that moto puts in, and nothing else is touched", () => {
  const call = {
    ...lambdaCall("POST", "/"),
    service: "sqs",
    headers: { "x-amz-target": "AmazonSQS.GetQueueAttributes" },
  };
  const policy = (gap: string) =>
    JSON.stringify({
      x: "a, b: c",
      RedrivePolicy: `{"deadLetterTargetArn":${gap}"${queueArn}",${gap}"maxReceiveCount":${gap}5}`,
    });
  expect(rewriteOf(call)?.(policy(" "))).toBe(policy(""));
  expect(rewriteOf(lambdaCall("POST", "/"))).toBeUndefined();
});
