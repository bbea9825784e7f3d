export { tablePermissions as deployPermissions } from "../../../modules/dynamodb/permissions.ts";
