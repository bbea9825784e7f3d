import type { S3Client } from "@aws-sdk/client-s3";
import { ActionError } from "../action-error.ts";
import { type AwsFault, awsFault, describeFault } from "../aws-fault.ts";
import type { Credentials } from "../ports/credentials.ts";
import type { ObjectStore, StoredObject, WriteCondition } from "../ports/object-store.ts";
import { awsClientConfig } from "./aws-client-config.ts";
import { systemClock } from "./system-clock.ts";

export interface ObjectStoreOptions {
  readonly bucket: string;
  readonly region: string;
  readonly credentials?: Credentials | undefined;
}

/** Objects of one bucket. Every failure but an absent object and a failed condition is an ActionError. */
export async function openObjectStore({
  bucket,
  region,
  credentials,
}: ObjectStoreOptions): Promise<ObjectStore> {
  const { S3Client } = await import("@aws-sdk/client-s3");
  return new S3ObjectStore(new S3Client(awsClientConfig(region, credentials)), bucket);
}

const conflictTries = 5;

class S3ObjectStore implements ObjectStore {
  private readonly client: S3Client;
  private readonly bucket: string;

  constructor(client: S3Client, bucket: string) {
    this.client = client;
    this.bucket = bucket;
  }

  async read(key: string): Promise<StoredObject | undefined> {
    const { GetObjectCommand } = await import("@aws-sdk/client-s3");
    try {
      const { Body, ETag } = await this.client.send(new GetObjectCommand({ Bucket: this.bucket, Key: key }));
      if (Body === undefined || ETag === undefined) throw new Error("the answer has no body or no ETag");
      return { body: await Body.transformToString("utf-8"), etag: ETag };
    } catch (error) {
      if (awsFault(error).code === "NoSuchKey") return undefined;
      throw this.failed("read", key, error);
    }
  }

  async list(prefix: string): Promise<readonly string[]> {
    const { paginateListObjectsV2 } = await import("@aws-sdk/client-s3");
    const keys: string[] = [];
    try {
      for await (const page of paginateListObjectsV2(
        { client: this.client },
        { Bucket: this.bucket, Prefix: prefix },
      )) {
        for (const { Key } of page.Contents ?? []) if (Key !== undefined) keys.push(Key);
      }
    } catch (error) {
      throw this.failed("list", `${prefix}*`, error);
    }
    return keys;
  }

  async write(key: string, body: string, condition: WriteCondition): Promise<boolean> {
    for (let attempt = 1; ; attempt++) {
      const fault = await this.put(key, body, condition);
      if (fault === undefined) return true;
      if (fault.status === 412 && condition !== "always")
        return fault.attempts > 1 && (await this.holds(key, body));
      if (fault.code === "NoSuchKey" && condition !== "always") return false;
      if (fault.status !== 409 || attempt === conflictTries) throw this.failed("write", key, fault.error);
      await systemClock.sleep(100 * 2 ** attempt);
    }
  }

  private async put(
    key: string,
    body: string,
    condition: WriteCondition,
  ): Promise<(AwsFault & { error: unknown }) | undefined> {
    const { PutObjectCommand } = await import("@aws-sdk/client-s3");
    const object = { Bucket: this.bucket, Key: key, Body: body, ContentType: "application/json" };
    try {
      await this.client.send(new PutObjectCommand({ ...object, ...conditionHeaders(condition) }));
      return undefined;
    } catch (error) {
      return { ...awsFault(error), error };
    }
  }

  /** After a retry, a failed condition may be our own earlier write whose answer was lost. */
  private async holds(key: string, body: string): Promise<boolean> {
    return (await this.read(key))?.body === body;
  }

  private failed(verb: string, key: string, error: unknown): ActionError {
    const fault = awsFault(error);
    return new ActionError(`Could not ${verb} s3://${this.bucket}/${key}: ${describeFault(fault)}`, {
      hint: hintFor(fault, this.bucket),
      cause: error,
    });
  }
}

function conditionHeaders(condition: WriteCondition) {
  if (condition === "always") return {};
  return condition.ifMatch === undefined ? { IfNoneMatch: "*" } : { IfMatch: condition.ifMatch };
}

function hintFor({ code, status }: AwsFault, bucket: string): string {
  if (code === "NoSuchBucket") return `The stack map names the bucket "${bucket}"; bootstrap creates it.`;
  if (code === "CredentialsProviderError")
    return "No AWS credentials: let the action assume a role, or run assume-role before it.";
  if (status === 403)
    return "The role (or its session policy) does not allow it; s3:ListBucket is needed too, or S3 answers 403 for absent objects.";
  if (status === 301) return "The bucket is in another region than the stack map says.";
  return "Nothing was taken for granted because of it; run the job again.";
}
