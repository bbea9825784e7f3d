import type { StackMap } from "../../../actions/shared/src/contracts/stack-map.ts";
import { manageTable, readTable } from "../../modules/dynamodb/permissions.ts";
import { protectedBucketPermissions } from "../../modules/s3/permissions.ts";
import type { Naming } from "../../naming.ts";
import { allow, type DeployPermissions } from "../../policy.ts";

/** Configuration of the state bucket and lock table. Neither can be deleted. */
export function deployPermissions(naming: Naming, map: StackMap): DeployPermissions {
  const bucket = protectedBucketPermissions(naming.bucketArn(map.store.bucket));
  if (map.table === undefined) return bucket;
  const table = [naming.tableArn(map.table)];
  return {
    read: [...bucket.read, allow(readTable, table)],
    manage: [...bucket.manage, allow(manageTable, table)],
  };
}
