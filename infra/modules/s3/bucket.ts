import { S3Bucket } from "@cdktf/provider-aws/lib/s3-bucket/index.js";
import type { S3BucketLifecycleConfigurationRule } from "@cdktf/provider-aws/lib/s3-bucket-lifecycle-configuration/index.js";
import { S3BucketLifecycleConfiguration } from "@cdktf/provider-aws/lib/s3-bucket-lifecycle-configuration/index.js";
import { S3BucketOwnershipControls } from "@cdktf/provider-aws/lib/s3-bucket-ownership-controls/index.js";
import { S3BucketPolicy } from "@cdktf/provider-aws/lib/s3-bucket-policy/index.js";
import { S3BucketPublicAccessBlock } from "@cdktf/provider-aws/lib/s3-bucket-public-access-block/index.js";
import { S3BucketServerSideEncryptionConfigurationA } from "@cdktf/provider-aws/lib/s3-bucket-server-side-encryption-configuration/index.js";
import { S3BucketVersioningA } from "@cdktf/provider-aws/lib/s3-bucket-versioning/index.js";
import { Construct } from "constructs";
import { policyDocument, type Statement } from "../../policy.ts";

export interface PrivateBucketProps {
  readonly bucketName: string;
  /** ARN of the bucket, composed by the naming module. */
  readonly bucketArn: string;
  /**
   * Days after which a version that was replaced or deleted goes for good.
   * @default 30
   */
  readonly noncurrentDays?: number;
  /**
   * Lifecycle rules besides the one for old versions and uploads that were never finished.
   * @default none
   */
  readonly lifecycle?: readonly S3BucketLifecycleConfigurationRule[];
  /**
   * Statements attached beside the refusal of unencrypted transport.
   * @default none
   */
  readonly policy?: readonly Statement[];
  /**
   * Customer-managed KMS key. Roles that use the bucket need the key too.
   * @default encryption with S3's own keys
   */
  readonly kmsKeyArn?: string;
  /**
   * Whether Terraform refuses to destroy the bucket.
   * @default false
   */
  readonly protect?: boolean;
}

/** A private bucket: encrypted, versioned, closed to the public, without ACLs, reached by TLS only. */
export class PrivateBucket extends Construct {
  readonly bucket: S3Bucket;

  constructor(scope: Construct, id: string, props: PrivateBucketProps) {
    super(scope, id);
    this.bucket = new S3Bucket(this, "bucket", {
      bucket: props.bucketName,
      ...(props.protect === true ? { lifecycle: { preventDestroy: true } } : {}),
    });
    const bucket = this.bucket.bucket;
    new S3BucketVersioningA(this, "versioning", { bucket, versioningConfiguration: { status: "Enabled" } });
    new S3BucketServerSideEncryptionConfigurationA(this, "encryption", {
      bucket,
      rule: [{ applyServerSideEncryptionByDefault: encryption(props.kmsKeyArn), bucketKeyEnabled: true }],
    });
    const closed = new S3BucketPublicAccessBlock(this, "public-access-block", {
      bucket,
      blockPublicAcls: true,
      blockPublicPolicy: true,
      ignorePublicAcls: true,
      restrictPublicBuckets: true,
    });
    new S3BucketOwnershipControls(this, "ownership", {
      bucket,
      rule: { objectOwnership: "BucketOwnerEnforced" },
      dependsOn: [closed],
    });
    new S3BucketPolicy(this, "policy", {
      bucket,
      policy: policyDocument([tlsOnly(props.bucketArn), ...(props.policy ?? [])]),
      dependsOn: [closed],
    });
    new S3BucketLifecycleConfiguration(this, "lifecycle", {
      bucket,
      rule: [housekeeping(props.noncurrentDays ?? 30), ...(props.lifecycle ?? [])],
    });
  }
}

function encryption(kmsKeyArn: string | undefined) {
  return kmsKeyArn === undefined
    ? { sseAlgorithm: "AES256" }
    : { sseAlgorithm: "aws:kms", kmsMasterKeyId: kmsKeyArn };
}

/**
 * IAM compares actions without regard to case. The capital S makes no difference there; stand-ins for S3
 * that ignore the conditions of a bucket policy compare exactly, and would refuse everything otherwise.
 */
function tlsOnly(bucketArn: string): Statement {
  return {
    Sid: "TlsOnly",
    Effect: "Deny",
    Principal: "*",
    Action: "S3:*",
    Resource: [bucketArn, `${bucketArn}/*`],
    Condition: { Bool: { "aws:SecureTransport": "false" } },
  };
}

function housekeeping(noncurrentDays: number): S3BucketLifecycleConfigurationRule {
  return {
    id: "housekeeping",
    status: "Enabled",
    filter: [{ prefix: "" }],
    abortIncompleteMultipartUpload: [{ daysAfterInitiation: 7 }],
    noncurrentVersionExpiration: [{ noncurrentDays }],
    expiration: [{ expiredObjectDeleteMarker: true }],
  };
}
