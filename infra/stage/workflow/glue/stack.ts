import type { PlatformStack } from "../../../platform-stack.ts";
import { catalogDatabase } from "./catalog-database.ts";
import { catalogRules } from "./catalog-rules.ts";
import { catalogTables } from "./catalog-tables.ts";
import { ingestionLayer } from "./ingestion-layer.ts";
import { jobLibrary } from "./job-code.ts";
import { processingLayer } from "./processing-layer.ts";

export async function build(stack: PlatformStack): Promise<void> {
  const library = await jobLibrary(stack);
  const ingestion = ingestionLayer(stack, library);
  processingLayer(stack, library, ingestion);
  catalogRules(stack, catalogTables(stack, catalogDatabase(stack).name));
}
