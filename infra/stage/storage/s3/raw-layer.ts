import { dataLayers } from "../../../layers.ts";
import { PrivateBucket } from "../../../modules/s3/bucket.ts";
import type { PlatformStack } from "../../../platform-stack.ts";

/** Activity as it was received. It is read often in its first weeks and seldom after. */
export function rawLayer(stack: PlatformStack): void {
  const { raw } = dataLayers(stack.naming);
  new PrivateBucket(stack, "raw-layer", {
    bucketName: raw.name,
    bucketArn: raw.arn,
    lifecycle: [
      {
        id: "cool-down",
        status: "Enabled",
        filter: [{ prefix: "gharchive/" }],
        transition: [{ days: 90, storageClass: "STANDARD_IA" }],
      },
    ],
  });
}
