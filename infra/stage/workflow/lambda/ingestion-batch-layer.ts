import { dataLayers, hourManifest } from "../../../layers.ts";
import { QueuedFunction } from "../../../modules/lambda/queued-function.ts";
import type { PlatformStack } from "../../../platform-stack.ts";

/**
 * Lands hours of the archive, a message each. The schedule asks for the hour just past, which the archive
 * publishes a few minutes after the hour; backfill and the function itself ask for others.
 */
export async function ingestionBatchLayer(stack: PlatformStack): Promise<void> {
  const { raw } = dataLayers(stack.naming);
  const manifest = hourManifest(stack.naming);
  new QueuedFunction(stack, "ingestion-batch-layer", {
    naming: stack.naming,
    resource: "ingestion-batch-layer",
    description: "Lands hours of GH Archive in the raw layer",
    bundle: await stack.artifacts.functionBundle("ingestion-batch-layer"),
    schedule: "cron(15 * * * ? *)",
    statements: [
      ...raw.read("gharchive/"),
      ...raw.write("gharchive/"),
      ...manifest.read(),
      ...manifest.update(),
    ],
    environment: {
      RAW_BUCKET: raw.name,
      MANIFEST_TABLE: manifest.name,
      POWERTOOLS_METRICS_NAMESPACE: stack.naming.place.project,
    },
    memoryMegabytes: 512,
    timeoutSeconds: 600,
    // Five receives an hour apart are over by then.
    alarmAfterHours: 6,
  });
}
