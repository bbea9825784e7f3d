import { arn, type Fields, jsonBody, operationOf, part, text } from "./call-fields.ts";
import { type AwsCall, type Permission, passRole, permission } from "./permission.ts";

export function gluePermissions(call: AwsCall): Permission[] {
  const fields = jsonBody(call);
  const operation = operationOf(call);
  const role = text(part(fields, "JobUpdate"), "Role") ?? fields["Role"];
  return [
    ...resourcesOf(operation, fields).map((resource) =>
      permission(
        `glue:${operation}`,
        resource === "*" || resource.startsWith("arn:") ? resource : arn(call, "glue", resource),
        requestTags(part(fields, "Tags")),
      ),
    ),
    ...passRole(role, "glue"),
  ];
}

function requestTags(tags: Fields): Record<string, string> {
  const given = Object.entries(tags).map(([name, value]) => [`aws:RequestTag/${name}`, String(value)]);
  return Object.fromEntries(given) as Record<string, string>;
}

/** Everything that a call is allowed on or not; of what lies in the catalog, all that holds it as well. */
function resourcesOf(operation: string, fields: Fields): string[] {
  const tagged = text(fields, "ResourceArn");
  if (tagged !== undefined) return [tagged];
  const name = text(fields, "JobName", "Name");
  if (operation === "CreateDataQualityRuleset") return ["*"];
  if (operation.includes("DataQualityRuleset")) return named("dataQualityRuleset", name);
  if (/^(Create|Get|Update|Delete)Database$/.test(operation)) {
    const database = name ?? text(part(fields, "DatabaseInput"), "Name") ?? "";
    const content = [`table/${database}/*`, `userDefinedFunction/${database}/*`];
    return ["catalog", `database/${database}`, ...(operation === "DeleteDatabase" ? content : [])];
  }
  const database = text(fields, "DatabaseName");
  if (database !== undefined) {
    const table = text(fields, "TableName", "Name") ?? text(part(fields, "TableInput"), "Name") ?? "*";
    return ["catalog", `database/${database}`, `table/${database}/${table}`];
  }
  if (operation.includes("Trigger")) return named("trigger", name);
  return operation.includes("Job") ? named("job", name) : ["*"];
}

function named(kind: string, name: string | undefined): string[] {
  return [`${kind}/${name ?? "*"}`];
}
