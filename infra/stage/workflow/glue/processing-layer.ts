import { dataLayers } from "../../../layers.ts";
import { SparkJob } from "../../../modules/glue/spark-job.ts";
import type { ContentObject } from "../../../modules/s3/content-object.ts";
import type { PlatformStack } from "../../../platform-stack.ts";
import { hourManifest } from "./hour-manifest.ts";
import { codePrefix, jobScript } from "./job-code.ts";

/** Rebuilds the days that new hours touch in the qualified layer. */
export function processingLayer(stack: PlatformStack, library: ContentObject, after: SparkJob): void {
  const { qualified, helper } = dataLayers(stack.naming);
  const manifest = hourManifest(stack.naming);
  new SparkJob(stack, "processing-layer", {
    naming: stack.naming,
    resource: "processing-layer",
    description: "Ingested hours to the qualified layer",
    script: jobScript(stack, "processing_layer"),
    library,
    arguments: {
      "ingested-uri": helper.uri("ingested/"),
      "qualified-uri": qualified.uri(),
      "manifest-table": manifest.name,
    },
    tempUri: helper.uri("temporary/"),
    role: {
      statements: [
        ...helper.read(codePrefix(stack.naming)),
        ...helper.read("ingested/"),
        ...helper.replace("temporary/"),
        ...qualified.replace(),
        ...manifest.statements,
      ],
    },
    retries: 0,
    startedBy: { endOf: after },
  });
}
