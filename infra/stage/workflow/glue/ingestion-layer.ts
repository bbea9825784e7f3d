import { dataLayers } from "../../../layers.ts";
import { SparkJob } from "../../../modules/glue/spark-job.ts";
import type { ContentObject } from "../../../modules/s3/content-object.ts";
import type { PlatformStack } from "../../../platform-stack.ts";
import { hourManifest } from "./hour-manifest.ts";
import { codePrefix, jobScript } from "./job-code.ts";

/** Puts landed hours into one typed layout, and sets aside what does not parse. */
export function ingestionLayer(stack: PlatformStack, library: ContentObject): SparkJob {
  const { raw, helper } = dataLayers(stack.naming);
  const manifest = hourManifest(stack.naming);
  return new SparkJob(stack, "ingestion-layer", {
    naming: stack.naming,
    resource: "ingestion-layer",
    description: "Raw layer to ingested hours",
    script: jobScript(stack, "ingestion_layer"),
    library,
    arguments: {
      "raw-uri": raw.uri(),
      "ingested-uri": helper.uri("ingested/"),
      "quarantine-uri": helper.uri("quarantine/"),
      "manifest-table": manifest.name,
    },
    tempUri: helper.uri("temporary/"),
    role: {
      statements: [
        ...raw.read(),
        ...helper.read(codePrefix(stack.naming)),
        ...helper.replace("ingested/"),
        ...helper.replace("quarantine/"),
        ...helper.replace("temporary/"),
        ...manifest.statements,
      ],
    },
    retries: 0,
    startedBy: { schedule: "cron(30 * * * ? *)" },
  });
}
