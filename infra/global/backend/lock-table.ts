import { DynamodbTable } from "@cdktf/provider-aws/lib/dynamodb-table/index.js";
import type { PlatformStack } from "../../platform-stack.ts";

/** Terraform's lock table: a row per state lock, and one with the digest of each state. */
export function lockTable(stack: PlatformStack, name: string): void {
  new DynamodbTable(stack, "lock-table", {
    name,
    billingMode: "PAY_PER_REQUEST",
    hashKey: "LockID",
    attribute: [{ name: "LockID", type: "S" }],
    pointInTimeRecovery: { enabled: true },
    deletionProtectionEnabled: true,
    lifecycle: { preventDestroy: true },
  });
}
