import type { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import type { S3Client } from "@aws-sdk/client-s3";
import { ActionError } from "../action-error.ts";
import { awsFault, describeFault } from "../aws-fault.ts";
import { backoffMs } from "../backoff.ts";
import { type StackBackend, stateKey } from "../contracts/stack-map.ts";
import { parseLockInfo } from "../lock-info.ts";
import type { Credentials } from "../ports/credentials.ts";
import type { LockCopy, LockPlace, LockPlaces } from "../ports/lock-places.ts";
import type { LockHolder } from "../ports/locks.ts";
import { awsClientConfig } from "./aws-client-config.ts";
import { systemClock } from "./system-clock.ts";

/**
 * Both places of Terraform's lock: the `.tflock` object beside the state and, where the backend names a
 * table, the DynamoDB item.
 */
export async function openLockPlaces(
  backend: StackBackend,
  credentials: Credentials | undefined,
): Promise<LockPlaces> {
  const config = awsClientConfig(backend.region, credentials);
  const { S3Client } = await import("@aws-sdk/client-s3");
  const s3 = new S3Client(config);
  if (backend.table === undefined) return { places: [new LockFile(s3, backend)], close: () => s3.destroy() };
  const { DynamoDBClient } = await import("@aws-sdk/client-dynamodb");
  const dynamo = new DynamoDBClient(config);
  return {
    places: [new LockFile(s3, backend), new LockItem(dynamo, backend, backend.table)],
    close: () => {
      s3.destroy();
      dynamo.destroy();
    },
  };
}

const conflictTries = 5;
const conflictWaits = { baseMs: 200, capMs: 2_000 };

class LockFile implements LockPlace {
  readonly kind = "lockfile";
  readonly name: string;
  private readonly client: S3Client;
  private readonly object: { readonly Bucket: string; readonly Key: string };

  constructor(client: S3Client, backend: StackBackend) {
    this.client = client;
    this.object = { Bucket: backend.bucket, Key: `${stateKey(backend)}.tflock` };
    this.name = `lock file s3://${this.object.Bucket}/${this.object.Key}`;
  }

  async read(): Promise<LockCopy> {
    const { GetObjectCommand } = await import("@aws-sdk/client-s3");
    try {
      const { Body, ETag = "" } = await this.client.send(new GetObjectCommand(this.object));
      return copyOf(this, (await Body?.transformToString("utf-8")) ?? "", ETag);
    } catch (error) {
      const fault = awsFault(error);
      if (fault.code === "NoSuchKey") return { status: "free" };
      const hint =
        fault.status === 403 ? "; without s3:ListBucket, S3 answers 403 for an absent object too" : "";
      return unreadable(this, `${describeFault(fault)}${hint}`);
    }
  }

  async release(revision: string): Promise<boolean> {
    const { DeleteObjectCommand } = await import("@aws-sdk/client-s3");
    for (let tries = 1; ; tries++) {
      try {
        await this.client.send(new DeleteObjectCommand({ ...this.object, IfMatch: revision }));
        return true;
      } catch (error) {
        const { code, status } = awsFault(error);
        if (status === 412 || code === "NoSuchKey") return false;
        if (status !== 409 || tries === conflictTries) throw notReleased(this, error);
        await systemClock.sleep(backoffMs(tries, conflictWaits, Math.random));
      }
    }
  }
}

class LockItem implements LockPlace {
  readonly kind = "dynamodb";
  readonly name: string;
  private readonly client: DynamoDBClient;
  private readonly row: { readonly TableName: string; readonly Key: { readonly LockID: { S: string } } };

  constructor(client: DynamoDBClient, backend: StackBackend, table: string) {
    const id = `${backend.bucket}/${stateKey(backend)}`;
    this.client = client;
    this.row = { TableName: table, Key: { LockID: { S: id } } };
    this.name = `item "${id}" of the DynamoDB table ${table}`;
  }

  async read(): Promise<LockCopy> {
    const { GetItemCommand } = await import("@aws-sdk/client-dynamodb");
    try {
      const { Item } = await this.client.send(new GetItemCommand({ ...this.row, ConsistentRead: true }));
      if (Item === undefined) return { status: "free" };
      const info = Item["Info"]?.S ?? "";
      return copyOf(this, info, info);
    } catch (error) {
      return unreadable(this, describeFault(awsFault(error)));
    }
  }

  async release(revision: string): Promise<boolean> {
    const { DeleteItemCommand } = await import("@aws-sdk/client-dynamodb");
    try {
      await this.client.send(
        new DeleteItemCommand({
          ...this.row,
          ConditionExpression: "#info = :read",
          ExpressionAttributeNames: { "#info": "Info" },
          ExpressionAttributeValues: { ":read": { S: revision } },
        }),
      );
      return true;
    } catch (error) {
      if (awsFault(error).code === "ConditionalCheckFailedException") return false;
      throw notReleased(this, error);
    }
  }
}

function copyOf(place: LockPlace, text: string, revision: string): LockCopy {
  const holder: LockHolder | string = parseLockInfo(text, place.kind);
  if (typeof holder === "string") return unreadable(place, holder);
  return revision === "" ? unreadable(place, "it has no ETag") : { status: "held", holder, revision };
}

function unreadable({ name }: LockPlace, reason: string): LockCopy {
  return { status: "unknown", reason: `the ${name} cannot be read: ${reason}` };
}

function notReleased({ name }: LockPlace, cause: unknown): ActionError {
  const fault = awsFault(cause);
  return new ActionError(`The ${name} could not be deleted: ${describeFault(fault)}`, {
    hint:
      fault.status === 403 || fault.code.startsWith("AccessDenied")
        ? "The role needs s3:GetObject and s3:DeleteObject on the lock file, and dynamodb:DeleteItem on its row of the lock table."
        : "Run it again: what is released already stays so, and the rest is found again.",
    cause,
  });
}
