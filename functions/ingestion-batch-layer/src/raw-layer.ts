import { Readable } from "node:stream";
import { GetObjectCommand, HeadObjectCommand, type S3Client } from "@aws-sdk/client-s3";
import { Upload } from "@aws-sdk/lib-storage";
import { s3Status } from "../../shared/s3-status.ts";
import { LandingConflictError } from "./errors.ts";

/** The raw layer keeps what was received as it was received: keys are created once and never overwritten. */
export interface RawLayer {
  readonly bucket: string;
  /** False also when this role may not know. */
  isThere(key: string): Promise<boolean>;
  /**
   * Creates the object from all of the body, or nothing when the body throws. Undefined when the key existed
   * before. Throws LandingConflictError when another write of the key is being completed.
   */
  create(key: string, body: AsyncIterable<Uint8Array>): Promise<Created | undefined>;
  /** Starts reading an object that is there. */
  open(key: string): Promise<StoredFile>;
}

export interface Created {
  readonly etag: string;
}

export interface StoredFile extends Created {
  readonly body: AsyncIterable<Uint8Array>;
}

const partBytes = 8 * 1024 * 1024;

export function s3RawLayer(client: S3Client, bucket: string): RawLayer {
  return {
    bucket,
    async isThere(key) {
      try {
        await client.send(new HeadObjectCommand({ Bucket: bucket, Key: key }));
        return true;
      } catch (error) {
        // Without permission to list, S3 answers 403 for a missing object. The conditional write decides in any case.
        if (s3Status(error) === 404 || s3Status(error) === 403) return false;
        throw error;
      }
    },
    async create(key, body) {
      const upload = new Upload({
        client,
        params: {
          Bucket: bucket,
          Key: key,
          Body: Readable.from(body),
          ContentType: "application/gzip",
          IfNoneMatch: "*",
        },
        partSize: partBytes,
        queueSize: 1,
      });
      try {
        return { etag: etagOf(await upload.done(), key) };
      } catch (error) {
        if (s3Status(error) === 412) return undefined;
        if (s3Status(error) === 409)
          throw new LandingConflictError(`another write of ${key} is being completed`, { cause: error });
        throw error;
      }
    },
    async open(key) {
      const stored = await client.send(new GetObjectCommand({ Bucket: bucket, Key: key }));
      if (!(stored.Body instanceof Readable)) throw new Error(`S3 sent no content of ${key}`);
      return { body: stored.Body, etag: etagOf(stored, key) };
    },
  };
}

function etagOf({ ETag }: { readonly ETag?: string | undefined }, key: string): string {
  if (ETag === undefined) throw new Error(`S3 sent no ETag of ${key}`);
  return ETag;
}
