import { dataLayers } from "../../../layers.ts";
import { PrivateBucket } from "../../../modules/s3/bucket.ts";
import type { PlatformStack } from "../../../platform-stack.ts";

/** Code of the jobs, their temporary files, ingested hours and lines set aside. */
export function helperBucket(stack: PlatformStack): void {
  const { helper } = dataLayers(stack.naming);
  new PrivateBucket(stack, "helper-bucket", {
    bucketName: helper.name,
    bucketArn: helper.arn,
    noncurrentDays: 7,
    lifecycle: [
      { id: "temporary", status: "Enabled", filter: [{ prefix: "temporary/" }], expiration: [{ days: 3 }] },
      {
        id: "quarantine",
        status: "Enabled",
        filter: [{ prefix: "quarantine/" }],
        expiration: [{ days: 90 }],
      },
    ],
  });
}
