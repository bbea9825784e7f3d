export { bucketPermissions as deployPermissions } from "../../../modules/s3/permissions.ts";
