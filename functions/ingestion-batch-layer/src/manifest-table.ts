import {
  ConditionalCheckFailedException,
  type DynamoDBClient,
  paginateQuery,
  type QueryCommandInput,
  UpdateItemCommand,
} from "@aws-sdk/client-dynamodb";
import { type ArchiveHour, hoursBetween } from "./archive-hour.ts";
import type { Asked, LandedFile, Manifest } from "./manifest.ts";
import { hourOfRow, type ManifestRow, type RowKey, rowKey } from "./manifest-row.ts";
import { type Change, parseRow, updateOf } from "./manifest-update.ts";

/** The manifest in a DynamoDB table with the key `date` and `hour`, and the index `pending` with `pending` and `due`. */
export class TableManifest implements Manifest {
  readonly #client: DynamoDBClient;
  readonly #table: string;

  constructor(client: DynamoDBClient, table: string) {
    this.#client = client;
    this.#table = table;
  }

  async rows(first: ArchiveHour, last: ArchiveHour): Promise<ManifestRow[]> {
    const dates = new Set(hoursBetween(first, last).map((hour) => rowKey(hour).date));
    const found: ManifestRow[] = [];
    for (const date of dates)
      for await (const row of this.#query({
        KeyConditionExpression: "#date = :date",
        ExpressionAttributeNames: { "#date": "date" },
        ExpressionAttributeValues: { ":date": { S: date } },
        ConsistentRead: true,
      })) {
        const { start } = hourOfRow(row);
        if (start >= first.start && start <= last.start) found.push(row);
      }
    return found;
  }

  async expect(hour: ArchiveHour, { now, due }: Asked): Promise<ManifestRow> {
    const { row } = await this.#change(rowKey(hour), {
      set: {
        state: "expected",
        pending: "land",
        due: due.toISOString(),
        attempts: 0,
        asked_at: now.toISOString(),
      },
      condition: "attribute_not_exists(#state)",
    });
    if (row === undefined) throw new Error(`DynamoDB sent no row of ${hour.name}`);
    return row;
  }

  async landed(hour: ArchiveHour, file: LandedFile, now: Date): Promise<boolean> {
    const { done } = await this.#change(rowKey(hour), {
      set: {
        state: "landed",
        pending: "ingest",
        due: now.toISOString(),
        key: file.key,
        bytes: file.bytes,
        uncompressed_bytes: file.uncompressedBytes,
        sha256: file.sha256,
        etag: file.etag,
        events: file.events,
        landed_at: now.toISOString(),
        nearly_empty: file.usual?.nearlyEmpty,
        usual_events: file.usual?.events,
      },
      remove: ["error"],
      condition: "#state IN (:expected, :missing, :lost)",
      values: { expected: "expected", missing: "missing", lost: "lost" },
    });
    return done;
  }

  async missing(row: ManifestRow, due: Date): Promise<boolean> {
    const attempts = row.state === "missing" ? row.attempts + 1 : 1;
    const { done } = await this.#change(row, {
      set: { state: "missing", pending: "land", due: due.toISOString(), attempts },
      remove: ["error"],
      ...unchanged(row),
    });
    return done;
  }

  async lost(row: ManifestRow, now: Date): Promise<boolean> {
    const { done } = await this.#change(row, {
      set: { state: "lost", pending: "ingest", due: now.toISOString(), attempts: row.attempts + 1 },
      ...unchanged(row),
    });
    return done;
  }

  async failed(row: ManifestRow, error: string, due: Date): Promise<void> {
    const counted = row.state === "expected" ? { attempts: row.attempts + 1, due: due.toISOString() } : {};
    await this.#change(row, { set: { error, ...counted }, ...unchanged(row) });
  }

  async dueToLand(now: Date, limit: number): Promise<ManifestRow[]> {
    const found: ManifestRow[] = [];
    for await (const row of this.#query({
      IndexName: "pending",
      KeyConditionExpression: "pending = :land AND due <= :now",
      ExpressionAttributeValues: { ":land": { S: "land" }, ":now": { S: now.toISOString() } },
      Limit: limit,
    })) {
      found.push(row);
      if (found.length === limit) break;
    }
    return found;
  }

  async askedAgain(row: ManifestRow, { now, due }: Asked): Promise<void> {
    await this.#change(row, {
      set: { asked_at: now.toISOString(), due: due.toISOString() },
      condition: "pending = :land AND due = :was",
      values: { land: "land", was: row.due ?? "" },
    });
  }

  async replay(hour: ArchiveHour, now: Date): Promise<boolean> {
    const { done } = await this.#change(rowKey(hour), {
      set: { pending: "ingest", due: now.toISOString() },
      condition: "#state IN (:landed, :processed, :quarantined, :lost)",
      values: { landed: "landed", processed: "processed", quarantined: "quarantined", lost: "lost" },
    });
    return done;
  }

  /** The row as it is afterwards; when the condition did not hold, as it was, and `done` is false. */
  async #change(key: RowKey, change: Change): Promise<{ done: boolean; row: ManifestRow | undefined }> {
    try {
      const update = new UpdateItemCommand(updateOf(this.#table, key, change));
      const { Attributes } = await this.#client.send(update);
      return { done: true, row: Attributes && parseRow(Attributes) };
    } catch (error) {
      if (!(error instanceof ConditionalCheckFailedException)) throw error;
      return { done: false, row: error.Item && parseRow(error.Item) };
    }
  }

  /** Without rows that have no state: a job may note what real time saw of an hour before anybody asks for it. */
  async *#query(input: Omit<QueryCommandInput, "TableName">): AsyncGenerator<ManifestRow, void> {
    const pages = paginateQuery({ client: this.#client }, { TableName: this.#table, ...input });
    for await (const { Items = [] } of pages)
      for (const item of Items) if (item["state"] !== undefined) yield parseRow(item);
  }
}

/** Holds while nobody else has changed the row's state or counted another attempt. */
function unchanged(row: ManifestRow): Pick<Change, "condition" | "values"> {
  return {
    condition: "#state = :was AND attempts = :counted",
    values: { was: row.state, counted: row.attempts },
  };
}
