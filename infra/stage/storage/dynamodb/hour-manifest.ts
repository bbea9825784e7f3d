import { hourManifest } from "../../../layers.ts";
import { ProtectedTable } from "../../../modules/dynamodb/protected-table.ts";
import type { PlatformStack } from "../../../platform-stack.ts";

/** What is known of every hour, a row each: whether it landed, what it holds, how far it got. */
export function hourManifestTable(stack: PlatformStack): void {
  new ProtectedTable(stack, "hour-manifest", {
    table: hourManifest(stack.naming),
    hashKey: "date",
    rangeKey: "hour",
    attributes: [
      { name: "date", type: "S" },
      { name: "hour", type: "S" },
      { name: "pending", type: "S" },
      { name: "due", type: "S" },
    ],
    // Only rows with a next step have the keys of this index, so it is as small as what is to do.
    indexes: [{ name: "pending", hashKey: "pending", rangeKey: "due", projectionType: "ALL" }],
  });
}
