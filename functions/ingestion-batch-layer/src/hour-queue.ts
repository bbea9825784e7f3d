import { SendMessageBatchCommand, type SQSClient } from "@aws-sdk/client-sqs";
import type { ArchiveHour } from "./archive-hour.ts";

/** Where hours are asked for. */
export interface HourQueue {
  /** Puts a message on the queue for each of them, or throws; then some may be on it all the same. */
  ask(hours: readonly ArchiveHour[]): Promise<void>;
}

export interface HourQueueOptions {
  readonly sleep: (ms: number) => Promise<void>;
}

/** SQS takes at most so many messages in one request. */
export const messagesPerRequest = 10;
const attempts = 4;

export function sqsHourQueue(client: SQSClient, url: string, { sleep }: HourQueueOptions): HourQueue {
  /** Gives back what SQS refused, with its reason. */
  async function send(hours: readonly ArchiveHour[]) {
    const { Failed = [] } = await client.send(
      new SendMessageBatchCommand({
        QueueUrl: url,
        Entries: hours.map(({ name }, index) => ({
          Id: String(index),
          MessageBody: JSON.stringify({ hour: name }),
        })),
      }),
    );
    return Failed.flatMap(({ Id, Code }) => {
      const hour = hours[Number(Id)];
      return hour === undefined ? [] : [{ hour, code: Code }];
    });
  }

  return {
    async ask(hours) {
      for (let at = 0; at < hours.length; at += messagesPerRequest) {
        let failed = await send(hours.slice(at, at + messagesPerRequest));
        for (let attempt = 1; failed.length > 0 && attempt < attempts; attempt += 1) {
          await sleep(500 * 2 ** attempt);
          failed = await send(failed.map(({ hour }) => hour));
        }
        const [first] = failed;
        if (first !== undefined)
          throw new Error(
            `SQS refused ${failed.length} of ${hours.length} messages ${attempts} times in a row, such as that for ${first.hour.name}: ${first.code}`,
          );
      }
    },
  };
}
