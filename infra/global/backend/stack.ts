import type { PlatformStack } from "../../platform-stack.ts";
import { lockTable } from "./lock-table.ts";
import { stateBucket } from "./state-bucket.ts";

/** Where every stack keeps its state, this one too: bootstrap moves it there. */
export function build(stack: PlatformStack): void {
  stateBucket(stack);
  if (stack.map.table !== undefined) lockTable(stack, stack.map.table);
}
