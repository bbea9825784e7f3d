import { DeleteMessageCommand, type Message, ReceiveMessageCommand, SQSClient } from "@aws-sdk/client-sqs";
import { z } from "zod";
import { type DeployedFunction, type FunctionScene, invoke } from "./batch-function.ts";

const mappingsSchema = z.object({
  EventSourceMappings: z.array(z.object({ EventSourceArn: z.string(), BatchSize: z.number() })),
});
const responseSchema = z.object({ batchItemFailures: z.array(z.object({ itemIdentifier: z.string() })) });

export interface Fed {
  readonly invocations: number;
  readonly messages: number;
  /** Of these: not worked off, so that they come again. */
  readonly failures: number;
}

/**
 * Stands in for Lambda's event source mapping, as it is deployed: takes messages off the function's queue with the
 * rights of the function's role, invokes it with some at a time, deletes those that it does not report as failed and
 * leaves the others to come again. Ends when the queue shows none.
 */
export async function feedFromQueue(
  scene: FunctionScene,
  given: DeployedFunction,
  archiveUrl: string,
): Promise<Fed> {
  const { aws } = scene.servers;
  const path = `/2015-03-31/event-source-mappings?FunctionName=${given.name}`;
  const { EventSourceMappings } = mappingsSchema.parse(await scene.account.get("lambda", path));
  const [mapping] = EventSourceMappings;
  if (mapping === undefined) throw new Error(`no queue feeds ${given.name}`);
  const { EventSourceArn: arn, BatchSize: atATime } = mapping;
  const [, , , region = "", account, queue] = arn.split(":");
  const QueueUrl = `${aws.url}/${account}/${queue}`;
  const credentials = await aws.serviceSession(given.role);
  const client = new SQSClient({ endpoint: aws.url, region, credentials });
  const fed = { invocations: 0, messages: 0, failures: 0 };
  try {
    for (;;) {
      const { Messages = [] } = await client.send(
        new ReceiveMessageCommand({ QueueUrl, MaxNumberOfMessages: atATime, WaitTimeSeconds: 1 }),
      );
      if (Messages.length === 0) return fed;
      const Records = Messages.map((message) => recordOf(message, arn, region));
      const answer = responseSchema.parse(await invoke(scene, given, { Records }, archiveUrl));
      const failed = new Set(answer.batchItemFailures.map(({ itemIdentifier }) => itemIdentifier));
      for (const { MessageId = "", ReceiptHandle } of Messages)
        if (!failed.has(MessageId)) await client.send(new DeleteMessageCommand({ QueueUrl, ReceiptHandle }));
      fed.invocations += 1;
      fed.messages += Messages.length;
      fed.failures += failed.size;
    }
  } finally {
    client.destroy();
  }
}

/** A message as Lambda hands it over. */
function recordOf(message: Message, eventSourceARN: string, awsRegion: string) {
  return {
    messageId: message.MessageId,
    receiptHandle: message.ReceiptHandle,
    body: message.Body,
    attributes: message.Attributes ?? {},
    messageAttributes: {},
    md5OfBody: message.MD5OfBody,
    eventSource: "aws:sqs",
    eventSourceARN,
    awsRegion,
  };
}
