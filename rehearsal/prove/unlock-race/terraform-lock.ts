import { DeleteItemCommand, DynamoDBClient, GetItemCommand, PutItemCommand } from "@aws-sdk/client-dynamodb";
import { DeleteObjectCommand, GetObjectCommand, PutObjectCommand, S3Client } from "@aws-sdk/client-s3";
import { awsFault } from "../../../actions/shared/src/aws-fault.ts";
import type { StackBackend } from "../../../actions/shared/src/contracts/stack-map.ts";
import type { Turns } from "./turns.ts";
import type { Kind, World } from "./world.ts";

export interface LockClients {
  readonly s3: S3Client;
  readonly dynamo: DynamoDBClient;
}

export function lockClients(region: string): LockClients {
  return { s3: new S3Client({ region }), dynamo: new DynamoDBClient({ region }) };
}

export function lockText(id: string, backend: StackBackend): string {
  return JSON.stringify({
    ID: id,
    Operation: "OperationTypeApply",
    Info: "",
    Who: "runner@host",
    Version: "1.11.4",
    Created: "2026-11-22T10:00:00.123456789Z",
    Path: `${backend.bucket}/${backend.key}`,
  });
}

/** One place where Terraform keeps a lock, with the requests that its S3 backend makes. */
export interface TerraformPlace {
  readonly kind: Kind;
  /** False: somebody holds it. */
  put(id: string): Promise<boolean>;
  get(): Promise<string | undefined>;
  /** Whatever is there. */
  delete(): Promise<void>;
}

export function lockFile({ s3 }: LockClients, backend: StackBackend): TerraformPlace {
  const object = { Bucket: backend.bucket, Key: `${backend.key}.tflock` };
  return {
    kind: "lockfile",
    put: (id) =>
      granted(
        s3.send(new PutObjectCommand({ ...object, Body: lockText(id, backend), IfNoneMatch: "*" })),
        "PreconditionFailed",
      ),
    async get() {
      try {
        const { Body } = await s3.send(new GetObjectCommand(object));
        return idOf(await Body?.transformToString());
      } catch (error) {
        if (awsFault(error).code === "NoSuchKey") return undefined;
        throw error;
      }
    },
    async delete() {
      await s3.send(new DeleteObjectCommand(object));
    },
  };
}

export function lockItem({ dynamo }: LockClients, backend: StackBackend, table: string): TerraformPlace {
  const id = { LockID: { S: `${backend.bucket}/${backend.key}` } };
  return {
    kind: "dynamodb",
    put: (lock) =>
      granted(
        dynamo.send(
          new PutItemCommand({
            TableName: table,
            Item: { ...id, Info: { S: lockText(lock, backend) } },
            ConditionExpression: "attribute_not_exists(LockID)",
          }),
        ),
        "ConditionalCheckFailedException",
      ),
    async get() {
      const { Item } = await dynamo.send(
        new GetItemCommand({ TableName: table, Key: id, ConsistentRead: true }),
      );
      return idOf(Item?.["Info"]?.S);
    },
    async delete() {
      await dynamo.send(new DeleteItemCommand({ TableName: table, Key: id }));
    },
  };
}

function idOf(text: string | undefined): string | undefined {
  return text === undefined ? undefined : (JSON.parse(text) as { ID: string }).ID;
}

async function granted(request: Promise<unknown>, refusal: string): Promise<boolean> {
  try {
    await request;
    return true;
  } catch (error) {
    if (awsFault(error).code === refusal) return false;
    throw error;
  }
}

/** Takes and releases locks as Terraform does: the file first, and the file given back when the item is held. */
export class TerraformLock {
  private readonly places: readonly TerraformPlace[];
  private readonly turns: Turns;
  private readonly world: World;

  constructor(places: readonly TerraformPlace[], turns: Turns, world: World) {
    this.places = places;
    this.turns = turns;
    this.world = world;
  }

  async acquire(id: string): Promise<boolean> {
    const taken: TerraformPlace[] = [];
    for (const place of this.places) {
      const got = await this.turns.request(async () => {
        const won = await place.put(id);
        if (won) this.world.locks.set(place.kind, id);
        return won;
      });
      if (!got) {
        await this.release(id, taken);
        return false;
      }
      taken.push(place);
    }
    return true;
  }

  async release(id: string, places = this.places): Promise<void> {
    for (const place of places) {
      if ((await this.turns.request(() => place.get())) !== id) continue;
      await this.turns.request(async () => {
        await place.delete();
        this.world.deletedByTerraform(place.kind, id);
      });
    }
  }
}
