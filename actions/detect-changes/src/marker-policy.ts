import type { RecordStore } from "../../shared/src/contracts/stack-map.ts";

/** Narrows a plan role to what detection does with it: reading deployment markers. */
export function markerSessionPolicy({ bucket, region }: RecordStore): string {
  const partition = region.startsWith("cn-") ? "aws-cn" : region.startsWith("us-gov-") ? "aws-us-gov" : "aws";
  const arn = `arn:${partition}:s3:::${bucket}`;
  return JSON.stringify({
    Version: "2012-10-17",
    Statement: [
      { Effect: "Allow", Action: "s3:GetObject", Resource: `${arn}/deployments/*` },
      // Without it S3 answers 403 for a marker that does not exist.
      { Effect: "Allow", Action: "s3:ListBucket", Resource: arn },
    ],
  });
}
