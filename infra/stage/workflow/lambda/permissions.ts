export { functionPermissions as deployPermissions } from "../../../modules/lambda/permissions.ts";
