export { scheduledFunctionPermissions as deployPermissions } from "../../../modules/lambda/permissions.ts";
