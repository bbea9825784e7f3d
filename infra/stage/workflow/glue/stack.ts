import type { PlatformStack } from "../../../platform-stack.ts";
import { ingestionLayer } from "./ingestion-layer.ts";
import { jobLibrary } from "./job-code.ts";
import { processingLayer } from "./processing-layer.ts";

export async function build(stack: PlatformStack): Promise<void> {
  const library = await jobLibrary(stack);
  const ingestion = ingestionLayer(stack, library);
  processingLayer(stack, library, ingestion);
}
