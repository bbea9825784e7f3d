import { dataLayers } from "../../../layers.ts";
import { ScheduledFunction } from "../../../modules/lambda/scheduled-function.ts";
import type { PlatformStack } from "../../../platform-stack.ts";

/**
 * Polls the public events. A missed poll is made up for by the next, so a failed one is not retried. With a
 * token GitHub allows more requests: keep it in Secrets Manager and add
 * `secrets: { TOKEN_SECRET_ARN: "arn:…" }`.
 */
export async function ingestionRealTimeLayer(stack: PlatformStack): Promise<void> {
  const { raw } = dataLayers(stack.naming);
  new ScheduledFunction(stack, "ingestion-real-time-layer", {
    naming: stack.naming,
    resource: "ingestion-real-time-layer",
    description: "Lands new public events in the raw layer",
    bundle: await stack.artifacts.functionBundle("ingestion-real-time-layer"),
    schedule: "rate(5 minutes)",
    statements: [
      ...raw.read("events-api/"),
      ...raw.write("events-api/"),
      ...raw.read("_state/"),
      ...raw.write("_state/"),
    ],
    environment: { RAW_BUCKET: raw.name },
    memoryMegabytes: 256,
    timeoutSeconds: 50,
    retries: 0,
  });
}
