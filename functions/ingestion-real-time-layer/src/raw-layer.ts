import { setTimeout as sleep } from "node:timers/promises";
import { GetObjectCommand, PutObjectCommand, type S3Client } from "@aws-sdk/client-s3";
import { retry } from "../../shared/retry.ts";
import { s3Status } from "../../shared/s3-status.ts";
import { packEvents, unpackEvents } from "./events-object.ts";

/** Events as they were received. A key is written once: by the poll that claimed it, or by whoever closes it. */
export interface EventsLayer {
  /** False when somebody closed the key: then the events are not in it, and never will be. */
  write(key: string, body: Buffer): Promise<boolean>;
  /**
   * Decides what a poll that nobody hears of any more has written: the events under its key, or none, and then
   * it never can. Its key is closed with an object that holds no event.
   */
  settle(key: string): Promise<unknown[]>;
}

export function s3EventsLayer(client: S3Client, bucket: string): EventsLayer {
  /** False when there is an object already. */
  const create = (key: string, body: Buffer) =>
    retry(
      async () => {
        try {
          await client.send(
            new PutObjectCommand({
              Bucket: bucket,
              Key: key,
              Body: body,
              ContentType: "application/gzip",
              IfNoneMatch: "*",
            }),
          );
          return true;
        } catch (error) {
          if (s3Status(error) !== 412) throw error;
          return false;
        }
      },
      // 409: another write of the key is being completed at this moment.
      { attempts: 4, delayMs: 200, sleep, retryable: (error) => s3Status(error) === 409 },
    );

  async function read(key: string): Promise<Buffer> {
    const { Body } = await client.send(new GetObjectCommand({ Bucket: bucket, Key: key }));
    return Buffer.from((await Body?.transformToByteArray()) ?? []);
  }

  return {
    async write(key, body) {
      // A write whose answer was lost is repeated by the SDK, and then meets its own object.
      return (await create(key, body)) || (await read(key)).equals(body);
    },
    async settle(key) {
      return (await create(key, packEvents([]))) ? [] : unpackEvents(await read(key));
    },
  };
}
