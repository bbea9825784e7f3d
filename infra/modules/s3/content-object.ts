import { basename } from "node:path";
import { S3Object } from "@cdktf/provider-aws/lib/s3-object/index.js";
import { AssetType, TerraformAsset } from "cdktf";
import { Construct } from "constructs";
import type { ContentFile } from "../../artifacts.ts";
import type { DataBucket } from "./data-bucket.ts";

export interface ContentObjectProps {
  readonly bucket: DataBucket;
  /** Ends with a slash. */
  readonly prefix: string;
  readonly content: ContentFile;
}

/**
 * A file in a bucket under a key that holds its digest: what runs is what the plan showed, and a new version
 * never changes the file under a job that is running.
 */
export class ContentObject extends Construct {
  readonly object: S3Object;
  readonly uri: string;

  constructor(scope: Construct, id: string, { bucket, prefix, content }: ContentObjectProps) {
    super(scope, id);
    const key = `${prefix}${content.sha256.slice(0, 16)}/${basename(content.file)}`;
    const asset = new TerraformAsset(this, "asset", {
      path: content.file,
      type: AssetType.FILE,
      assetHash: content.sha256.slice(0, 32),
    });
    this.uri = bucket.uri(key);
    this.object = new S3Object(this, "object", {
      bucket: bucket.name,
      key,
      source: asset.path,
      sourceHash: content.sha256,
      lifecycle: { createBeforeDestroy: true },
    });
  }
}
