import { PrivateBucket } from "../../modules/s3/bucket.ts";
import type { PlatformStack } from "../../platform-stack.ts";

/** Keeps every stack's state, the records of reviewed plans and the deployment markers. */
export function stateBucket(stack: PlatformStack): void {
  const { bucket } = stack.map.store;
  new PrivateBucket(stack, "state-bucket", {
    bucketName: bucket,
    bucketArn: stack.naming.bucketArn(bucket),
    protect: true,
    // Every lock leaves versions behind, so not for ever; long enough to go back to an earlier state.
    noncurrentDays: 90,
    lifecycle: [
      {
        // A pull request that is older wants a new plan anyway.
        id: "records",
        status: "Enabled",
        filter: [{ prefix: "records/" }],
        expiration: [{ days: 180 }],
        noncurrentVersionExpiration: [{ noncurrentDays: 1 }],
      },
    ],
  });
}
