import {
  DynamodbTable,
  type DynamodbTableAttribute,
  type DynamodbTableGlobalSecondaryIndex,
} from "@cdktf/provider-aws/lib/dynamodb-table/index.js";
import { Construct } from "constructs";
import type { DataTable } from "./data-table.ts";

export interface ProtectedTableProps {
  readonly table: DataTable;
  readonly hashKey: string;
  readonly rangeKey: string;
  /** Only the attributes that are keys, of the table or of an index. */
  readonly attributes: readonly DynamodbTableAttribute[];
  /** @default none */
  readonly indexes?: readonly DynamodbTableGlobalSecondaryIndex[];
  /**
   * Customer-managed KMS key. Roles that use the table need the key too.
   * @default encryption with DynamoDB's own key
   */
  readonly kmsKeyArn?: string;
  /**
   * Whether AWS refuses to delete the table.
   * @default true
   */
  readonly protect?: boolean;
}

/** A table that is paid by request, encrypted, restorable to any second of the last 35 days, and not deleted by mistake. */
export class ProtectedTable extends Construct {
  constructor(scope: Construct, id: string, props: ProtectedTableProps) {
    super(scope, id);
    new DynamodbTable(this, "table", {
      name: props.table.name,
      billingMode: "PAY_PER_REQUEST",
      hashKey: props.hashKey,
      rangeKey: props.rangeKey,
      attribute: [...props.attributes],
      ...(props.indexes === undefined ? {} : { globalSecondaryIndex: [...props.indexes] }),
      ...(props.kmsKeyArn === undefined
        ? {}
        : { serverSideEncryption: { enabled: true, kmsKeyArn: props.kmsKeyArn } }),
      pointInTimeRecovery: { enabled: true },
      deletionProtectionEnabled: props.protect ?? true,
    });
  }
}
