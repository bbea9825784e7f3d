import { awsFault, describeFault } from "../aws-fault.ts";
import { type StackBackend, stateKey } from "../contracts/stack-map.ts";
import { parseLockInfo } from "../lock-info.ts";
import type { Credentials } from "../ports/credentials.ts";
import type { LockHolder, LockState } from "../ports/locks.ts";
import { awsClientConfig } from "./aws-client-config.ts";

/**
 * Reads both of Terraform's locks: the `.tflock` object beside the state and, where the backend names a
 * table, the DynamoDB item. Never throws for what it cannot read: that is `unknown`, with the reason.
 */
export function createLockReader({ credentials }: { readonly credentials?: Credentials | undefined } = {}) {
  return async (backend: StackBackend): Promise<LockState> => {
    const places = [readLockFile(backend, credentials)];
    if (backend.table !== undefined) places.push(readLockItem(backend, backend.table, credentials));
    return combine(await Promise.all(places));
  };
}

function combine(states: readonly LockState[]): LockState {
  const holders = states.flatMap((state) => (state.status === "held" ? state.holders : []));
  if (holders.length > 0) return { status: "held", holders };
  const reasons = states.flatMap((state) => (state.status === "unknown" ? [state.reason] : []));
  return reasons.length > 0 ? { status: "unknown", reason: reasons.join("; ") } : { status: "free" };
}

async function readLockFile(backend: StackBackend, credentials: Credentials | undefined): Promise<LockState> {
  const key = `${stateKey(backend)}.tflock`;
  const place = `lock file s3://${backend.bucket}/${key}`;
  const { GetObjectCommand, S3Client } = await import("@aws-sdk/client-s3");
  const client = new S3Client(awsClientConfig(backend.region, credentials));
  try {
    const object = await client.send(new GetObjectCommand({ Bucket: backend.bucket, Key: key }));
    return held(place, "lockfile", (await object.Body?.transformToString("utf-8")) ?? "");
  } catch (error) {
    const fault = awsFault(error);
    if (fault.code === "NoSuchKey") return { status: "free" };
    const hint =
      fault.status === 403 ? "; without s3:ListBucket, S3 answers 403 for an absent object too" : "";
    return unknown(place, `${describeFault(fault)}${hint}`);
  } finally {
    client.destroy();
  }
}

async function readLockItem(
  backend: StackBackend,
  table: string,
  credentials: Credentials | undefined,
): Promise<LockState> {
  const id = `${backend.bucket}/${stateKey(backend)}`;
  const place = `item "${id}" of the DynamoDB table ${table}`;
  const { DynamoDBClient, GetItemCommand } = await import("@aws-sdk/client-dynamodb");
  const client = new DynamoDBClient(awsClientConfig(backend.region, credentials));
  try {
    const { Item } = await client.send(
      new GetItemCommand({ TableName: table, Key: { LockID: { S: id } }, ConsistentRead: true }),
    );
    if (Item === undefined) return { status: "free" };
    return held(place, "dynamodb", Item["Info"]?.S ?? "");
  } catch (error) {
    return unknown(place, describeFault(awsFault(error)));
  } finally {
    client.destroy();
  }
}

function held(place: string, kind: LockHolder["kind"], text: string): LockState {
  const holder = parseLockInfo(text, kind);
  return typeof holder === "string" ? unknown(place, holder) : { status: "held", holders: [holder] };
}

function unknown(place: string, reason: string): LockState {
  return { status: "unknown", reason: `the ${place} cannot be read: ${reason}` };
}
