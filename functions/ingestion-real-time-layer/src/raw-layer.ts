import { PutObjectCommand, type S3Client } from "@aws-sdk/client-s3";
import { s3Status } from "../../shared/s3-status.ts";
import type { EventsObject } from "./events-object.ts";

/** Creates the object unless it is there: then it has the same content, because its key holds the content's digest. */
export type WriteEvents = (object: EventsObject) => Promise<void>;

export function s3WriteEvents(client: S3Client, bucket: string): WriteEvents {
  return async ({ key, body }) => {
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
    } catch (error) {
      if (s3Status(error) !== 412) throw error;
    }
  };
}
