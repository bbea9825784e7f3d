import { spawn } from "node:child_process";
import { once } from "node:events";
import { createServer } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { CreateTableCommand, DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { CreateBucketCommand, S3Client } from "@aws-sdk/client-s3";
import {
  CreateQueueCommand,
  DeleteMessageCommand,
  ReceiveMessageCommand,
  SQSClient,
} from "@aws-sdk/client-sqs";

const executable = fileURLToPath(new URL("../../.venv/bin/moto_server", import.meta.url));

export interface MotoServer extends AsyncDisposable {
  readonly url: string;
  readonly s3: S3Client;
  readonly dynamodb: DynamoDBClient;
  readonly sqs: SQSClient;
  createBucket(name: string): Promise<void>;
  /** The table of the hour manifest, with its keys and its index. */
  createManifest(name: string): Promise<void>;
  /** Gives its address. */
  createQueue(name: string): Promise<string>;
  /** Bodies of the messages that are on the queue, which are gone from it then. */
  takeMessages(queueUrl: string): Promise<string[]>;
}

/** A server of its own on a free port, with nothing in it. */
export async function startMoto(): Promise<MotoServer> {
  const port = await freePort();
  const server = spawn(executable, ["-H", "127.0.0.1", "-p", String(port)], { stdio: "ignore" });
  const exited = once(server, "exit");
  const url = `http://127.0.0.1:${port}`;
  await Promise.race([
    untilAnswering(url),
    exited.then(([code]) =>
      Promise.reject(new Error(`moto_server ended with ${code}; is the Python environment set up?`)),
    ),
  ]);
  const options = {
    endpoint: url,
    region: "eu-west-1",
    credentials: { accessKeyId: "test", secretAccessKey: "test" },
  };
  const s3 = new S3Client({ ...options, forcePathStyle: true });
  const dynamodb = new DynamoDBClient(options);
  const sqs = new SQSClient(options);
  return {
    url,
    s3,
    dynamodb,
    sqs,
    async createBucket(name) {
      await s3.send(
        new CreateBucketCommand({
          Bucket: name,
          CreateBucketConfiguration: { LocationConstraint: "eu-west-1" },
        }),
      );
    },
    async createManifest(name) {
      await dynamodb.send(new CreateTableCommand({ TableName: name, ...manifestKeys }));
    },
    async createQueue(name) {
      return (await sqs.send(new CreateQueueCommand({ QueueName: name }))).QueueUrl ?? "";
    },
    async takeMessages(queueUrl) {
      const bodies: string[] = [];
      for (;;) {
        const { Messages = [] } = await sqs.send(
          new ReceiveMessageCommand({ QueueUrl: queueUrl, MaxNumberOfMessages: 10 }),
        );
        if (Messages.length === 0) return bodies;
        for (const { Body = "", ReceiptHandle } of Messages) {
          bodies.push(Body);
          await sqs.send(new DeleteMessageCommand({ QueueUrl: queueUrl, ReceiptHandle }));
        }
      }
    },
    async [Symbol.asyncDispose]() {
      for (const client of [s3, dynamodb, sqs]) client.destroy();
      server.kill();
      await exited;
    },
  };
}

/** Of the hour manifest, as its stack deploys it. */
export const manifestKeys = {
  BillingMode: "PAY_PER_REQUEST" as const,
  AttributeDefinitions: ["date", "hour", "pending", "due"].map((AttributeName) => ({
    AttributeName,
    AttributeType: "S" as const,
  })),
  KeySchema: [
    { AttributeName: "date", KeyType: "HASH" as const },
    { AttributeName: "hour", KeyType: "RANGE" as const },
  ],
  GlobalSecondaryIndexes: [
    {
      IndexName: "pending",
      KeySchema: [
        { AttributeName: "pending", KeyType: "HASH" as const },
        { AttributeName: "due", KeyType: "RANGE" as const },
      ],
      Projection: { ProjectionType: "ALL" as const },
    },
  ],
};

async function freePort(): Promise<number> {
  const probe = createServer().listen(0, "127.0.0.1");
  await once(probe, "listening");
  const address = probe.address();
  probe.close();
  await once(probe, "close");
  if (address === null || typeof address === "string") throw new Error("no free port");
  return address.port;
}

async function untilAnswering(url: string): Promise<void> {
  for (let attempt = 0; attempt < 150; attempt += 1) {
    try {
      await (await fetch(`${url}/moto-api/data.json`)).body?.cancel();
      return;
    } catch {
      await sleep(200);
    }
  }
  throw new Error(`nothing answers at ${url}`);
}
