import type { Naming } from "../../naming.ts";
import { allow, type DeployPermissions } from "../../policy.ts";

const read = [
  "s3:GetBucket*",
  "s3:GetAccelerateConfiguration",
  "s3:GetEncryptionConfiguration",
  "s3:GetLifecycleConfiguration",
  "s3:GetReplicationConfiguration",
  "s3:ListBucket",
];
const configure = [
  "s3:PutBucketOwnershipControls",
  "s3:PutBucketPolicy",
  "s3:PutBucketPublicAccessBlock",
  "s3:PutBucketTagging",
  "s3:PutBucketVersioning",
  "s3:PutEncryptionConfiguration",
  "s3:PutLifecycleConfiguration",
];
const removal = ["s3:DeleteBucket", "s3:DeleteBucketPolicy"];

/** To deploy every bucket of a stack. Not to read or write what lies in them. */
export function bucketPermissions(naming: Naming): DeployPermissions {
  const own = [naming.bucketArn(`${naming.prefix}*`)];
  return { read: [allow(read, own)], manage: [allow(["s3:CreateBucket", ...configure, ...removal], own)] };
}

/** To deploy the configuration of one bucket, and never to delete it. */
export function protectedBucketPermissions(bucketArn: string): DeployPermissions {
  return {
    read: [allow(read, [bucketArn])],
    manage: [allow(["s3:CreateBucket", ...configure], [bucketArn])],
  };
}

/** To deploy objects below a prefix of another stack's bucket. Removing one removes its versions. */
export function objectPermissions(bucketArn: string, prefix: string): DeployPermissions {
  const objects = [`${bucketArn}/${prefix}*`];
  const change = ["s3:PutObject", "s3:PutObjectTagging", "s3:DeleteObject", "s3:DeleteObjectVersion"];
  return {
    read: [allow(["s3:GetObject", "s3:GetObjectTagging"], objects)],
    manage: [allow(change, objects), allow(["s3:ListBucketVersions"], [bucketArn])],
  };
}
