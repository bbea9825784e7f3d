import { DescribeTableCommand, DynamoDBClient, ResourceNotFoundException } from "@aws-sdk/client-dynamodb";
import { HeadBucketCommand, HeadObjectCommand, S3Client, S3ServiceException } from "@aws-sdk/client-s3";
import { GetCallerIdentityCommand, STSClient } from "@aws-sdk/client-sts";
import type { Stack } from "../../actions/shared/src/contracts/stack-map.ts";

/** What is there already of the state bucket, the lock table and the state of the stack that deploys them. */
export interface Found {
  readonly bucket: boolean;
  readonly table: boolean;
  readonly state: boolean;
}

/** Refuses credentials of any other account than the map's. */
export async function requireAccount(stack: Stack): Promise<void> {
  const { account, region, name } = stack.environment;
  const found = await callersAccount(region, account);
  if (found === account) return;
  throw new Error(
    `The credentials belong to account ${found ?? "unknown"}; the stack map says ${account} for the environment ${name}. Use an administrator of ${account}, or correct the map.`,
  );
}

async function callersAccount(region: string, account: string): Promise<string | undefined> {
  try {
    return (await new STSClient({ region }).send(new GetCallerIdentityCommand({}))).Account;
  } catch (cause) {
    throw new Error(
      `AWS did not say whose credentials these are (${cause instanceof Error ? cause.message : String(cause)}). Put those of an administrator of ${account} into the environment: AWS_PROFILE, or AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and AWS_SESSION_TOKEN.`,
      { cause },
    );
  }
}

export async function lookAround({ backend }: Stack): Promise<Found> {
  const s3 = new S3Client({ region: backend.region });
  const bucket = await exists(
    () => s3.send(new HeadBucketCommand({ Bucket: backend.bucket })),
    backend.bucket,
  );
  const state =
    bucket &&
    (await exists(
      () => s3.send(new HeadObjectCommand({ Bucket: backend.bucket, Key: backend.key })),
      backend.key,
    ));
  return { bucket, state, table: await tableExists(backend) };
}

async function exists(look: () => Promise<unknown>, name: string): Promise<boolean> {
  try {
    await look();
    return true;
  } catch (cause) {
    const status = cause instanceof S3ServiceException ? cause.$metadata.httpStatusCode : undefined;
    if (status === 404) return false;
    if (status === 403)
      throw new Error(
        `No access to ${name} in S3. Either these credentials lack rights, or the bucket's name is taken by another account: choose another in the stack map.`,
        { cause },
      );
    throw cause;
  }
}

async function tableExists({ table, region }: Stack["backend"]): Promise<boolean> {
  if (table === undefined) return false;
  try {
    await new DynamoDBClient({ region }).send(new DescribeTableCommand({ TableName: table }));
    return true;
  } catch (error) {
    if (error instanceof ResourceNotFoundException) return false;
    throw error;
  }
}
