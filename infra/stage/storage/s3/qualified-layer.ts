import { dataLayers } from "../../../layers.ts";
import { PrivateBucket } from "../../../modules/s3/bucket.ts";
import type { PlatformStack } from "../../../platform-stack.ts";

/** What people query. Rewritten day by day, so old versions are kept only for a short while. */
export function qualifiedLayer(stack: PlatformStack): void {
  const { qualified } = dataLayers(stack.naming);
  new PrivateBucket(stack, "qualified-layer", {
    bucketName: qualified.name,
    bucketArn: qualified.arn,
    noncurrentDays: 7,
  });
}
