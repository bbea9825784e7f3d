import { DataTable } from "./modules/dynamodb/data-table.ts";
import { DataBucket } from "./modules/s3/data-bucket.ts";
import type { Naming } from "./naming.ts";

/** The buckets that the stacks of an environment share. `storage/s3` deploys them. */
export interface DataLayers {
  /** Bytes as received; written once. */
  readonly raw: DataBucket;
  /** Typed, de-duplicated, checked. */
  readonly qualified: DataBucket;
  /** Code of the jobs, what lies between the layers, what was set aside. */
  readonly helper: DataBucket;
}

export function dataLayers(naming: Naming): DataLayers {
  const owner = naming.in("storage/s3");
  return {
    raw: new DataBucket(owner, "raw-layer"),
    qualified: new DataBucket(owner, "qualified-layer"),
    helper: new DataBucket(owner, "helper-bucket"),
  };
}

/** What is known of every hour, from landing to the qualified layer. `storage/dynamodb` deploys it. */
export function hourManifest(naming: Naming): DataTable {
  return new DataTable(naming.in("storage/dynamodb"), "hour-manifest");
}
