import type { PlatformStack } from "../../../platform-stack.ts";
import { ingestionBatchLayer } from "./ingestion-batch-layer.ts";
import { ingestionRealTimeLayer } from "./ingestion-real-time-layer.ts";

export async function build(stack: PlatformStack): Promise<void> {
  await ingestionBatchLayer(stack);
  await ingestionRealTimeLayer(stack);
}
