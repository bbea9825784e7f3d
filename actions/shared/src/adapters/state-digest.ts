import { createHash } from "node:crypto";
import { awsFault, describeFault } from "../aws-fault.ts";
import { type StackBackend, stateKey } from "../contracts/stack-map.ts";
import type { Credentials } from "../ports/credentials.ts";
import { compareDigests, type DigestFinding, digestId } from "../state-digest.ts";
import { awsClientConfig } from "./aws-client-config.ts";

/**
 * Holds the state to its MD5 in the lock table. Never throws for what it cannot read: that is `unknown`. The
 * ETag is no MD5 of an object that was encrypted with a key or uploaded in parts, so the bytes are read.
 */
export async function readStateDigest(
  backend: StackBackend,
  credentials: Credentials | undefined,
): Promise<DigestFinding> {
  const { table } = backend;
  if (table === undefined) return { status: "not-used" };
  try {
    const stored = await storedDigest({ ...backend, table }, credentials);
    return compareDigests({ stored, actual: await digestOfState(backend, credentials) });
  } catch (error) {
    return { status: "unknown", reason: describeFault(awsFault(error)) };
  }
}

async function storedDigest(
  backend: StackBackend & { readonly table: string },
  credentials: Credentials | undefined,
): Promise<string | undefined> {
  const { DynamoDBClient, GetItemCommand } = await import("@aws-sdk/client-dynamodb");
  const client = new DynamoDBClient(awsClientConfig(backend.region, credentials));
  try {
    const { Item } = await client.send(
      new GetItemCommand({
        TableName: backend.table,
        Key: { LockID: { S: digestId(backend) } },
        ConsistentRead: true,
      }),
    );
    return Item?.["Digest"]?.S;
  } finally {
    client.destroy();
  }
}

async function digestOfState(
  backend: StackBackend,
  credentials: Credentials | undefined,
): Promise<string | undefined> {
  const { GetObjectCommand, S3Client } = await import("@aws-sdk/client-s3");
  const client = new S3Client(awsClientConfig(backend.region, credentials));
  try {
    const { Body } = await client.send(
      new GetObjectCommand({ Bucket: backend.bucket, Key: stateKey(backend) }),
    );
    const bytes = (await Body?.transformToByteArray()) ?? new Uint8Array();
    return createHash("md5").update(bytes).digest("hex");
  } catch (error) {
    if (awsFault(error).code === "NoSuchKey") return undefined;
    throw error;
  } finally {
    client.destroy();
  }
}
