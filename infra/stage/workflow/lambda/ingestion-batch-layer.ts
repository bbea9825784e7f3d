import { dataLayers } from "../../../layers.ts";
import { ScheduledFunction } from "../../../modules/lambda/scheduled-function.ts";
import type { PlatformStack } from "../../../platform-stack.ts";

/** Fetches the hour just past. The archive publishes it a few minutes after the hour. */
export async function ingestionBatchLayer(stack: PlatformStack): Promise<void> {
  const { raw } = dataLayers(stack.naming);
  new ScheduledFunction(stack, "ingestion-batch-layer", {
    naming: stack.naming,
    resource: "ingestion-batch-layer",
    description: "Lands one hour of GH Archive in the raw layer",
    bundle: await stack.artifacts.functionBundle("ingestion-batch-layer"),
    schedule: "cron(15 * * * ? *)",
    statements: [...raw.read("gharchive/"), ...raw.write("gharchive/")],
    environment: { RAW_BUCKET: raw.name },
    memoryMegabytes: 512,
    timeoutSeconds: 600,
  });
}
