import { z } from "zod";
import { type AwsCall, type Permission, passRole, permission } from "./permission.ts";
import { s3Permissions } from "./s3-permissions.ts";

/**
 * The permissions that a call needs. Throws for what is not known here: a call that cannot be judged is
 * not let through.
 */
export function permissionsOf(call: AwsCall): Permission[] {
  const judge = judges[call.service];
  if (judge === undefined)
    throw new Error(`the rehearsal cannot judge calls to the service "${call.service}"`);
  return judge(call);
}

const judges: Readonly<Record<string, (call: AwsCall) => Permission[]>> = {
  s3: s3Permissions,
  dynamodb: dynamodb,
  iam: iam,
  sts: sts,
  lambda: lambda,
  glue: glue,
  sqs: sqs,
  scheduler: scheduler,
  events: events,
  logs: logs,
  monitoring: cloudwatch,
  secretsmanager: secretsmanager,
};

type Fields = Readonly<Record<string, unknown>>;

function jsonBody(call: AwsCall): Fields {
  return z.record(z.string(), z.unknown()).parse(call.body === "" ? {} : JSON.parse(call.body));
}

function formBody(call: AwsCall): URLSearchParams {
  return new URLSearchParams(call.body === "" ? call.url.search : call.body);
}

/** Operation of the JSON protocols: the last part of the target header. */
function operationOf(call: AwsCall): string {
  return (call.headers["x-amz-target"] ?? "").split(".").at(-1) ?? "";
}

function text(fields: Fields, ...names: readonly string[]): string | undefined {
  for (const name of names) {
    const value = fields[name];
    if (typeof value === "string" && value !== "") return value;
  }
  return undefined;
}

function arn(call: AwsCall, service: string, rest: string): string {
  return `arn:aws:${service}:${call.region}:${call.account}:${rest}`;
}

function dynamodb(call: AwsCall): Permission[] {
  const fields = jsonBody(call);
  const action = `dynamodb:${operationOf(call)}`;
  const tableArn = (name: string) =>
    name.startsWith("arn:") ? name : arn(call, "dynamodb", `table/${name}`);
  const several = z.record(z.string(), z.unknown()).safeParse(fields["RequestItems"]);
  if (several.success) return Object.keys(several.data).map((name) => permission(action, tableArn(name)));
  const name = text(fields, "TableName", "ResourceArn");
  if (name === undefined) return [permission(action, "*")];
  const index = text(fields, "IndexName");
  const resource = index === undefined ? tableArn(name) : `${tableArn(name)}/index/${index}`;
  const keys = leadingKeys(fields);
  return [permission(action, resource, keys.length === 0 ? {} : { "dynamodb:LeadingKeys": keys })];
}

const keySchema = z.record(z.string(), z.object({ S: z.string() }).partial().loose());

/** Of tables with a lock's key: no other table's rights depend on it. */
function leadingKeys(fields: Fields): string[] {
  const item = keySchema.safeParse(fields["Key"] ?? fields["Item"]);
  const key = item.success ? item.data["LockID"]?.S : undefined;
  return key === undefined ? [] : [key];
}

function iam(call: AwsCall): Permission[] {
  const form = formBody(call);
  const role = form.get("RoleName");
  const provider = form.get("OpenIDConnectProviderArn");
  const policy = form.get("PolicyArn");
  const root = `arn:aws:iam::${call.account}:`;
  const context: Record<string, string> = {};
  if (policy !== null) context["iam:PolicyARN"] = policy;
  const boundary = form.get("PermissionsBoundary");
  if (boundary !== null) context["iam:PermissionsBoundary"] = boundary;
  const url = form.get("Url");
  const named = form.get("PolicyName");
  const resource =
    (role === null ? undefined : `${root}role/${role}`) ??
    provider ??
    policy ??
    (url === null ? undefined : `${root}oidc-provider/${url.replace(/^https?:\/\//, "")}`) ??
    (named === null ? undefined : `${root}policy/${named}`) ??
    "*";
  return [permission(`iam:${form.get("Action") ?? ""}`, resource, context)];
}

function sts(call: AwsCall): Permission[] {
  const form = formBody(call);
  const action = form.get("Action") ?? "";
  return action === "GetCallerIdentity" ? [] : [permission(`sts:${action}`, form.get("RoleArn") ?? "*")];
}

/** Path of a function's sub-resource → operation by method. */
const functionOperations: readonly (readonly [RegExp, Readonly<Record<string, string>>])[] = [
  [/^$/, { GET: "GetFunction", DELETE: "DeleteFunction" }],
  [/^\/code$/, { PUT: "UpdateFunctionCode" }],
  [/^\/configuration$/, { GET: "GetFunctionConfiguration", PUT: "UpdateFunctionConfiguration" }],
  [/^\/versions$/, { GET: "ListVersionsByFunction", POST: "PublishVersion" }],
  [/^\/policy$/, { GET: "GetPolicy", POST: "AddPermission" }],
  [/^\/policy\/[^/]+$/, { DELETE: "RemovePermission" }],
  [
    /^\/concurrency$/,
    { GET: "GetFunctionConcurrency", PUT: "PutFunctionConcurrency", DELETE: "DeleteFunctionConcurrency" },
  ],
  [/^\/code-signing-config$/, { GET: "GetFunctionCodeSigningConfig" }],
  [/^\/runtime-management-config$/, { GET: "GetRuntimeManagementConfig", PUT: "PutRuntimeManagementConfig" }],
  [/^\/recursion-config$/, { GET: "GetFunctionRecursionConfig", PUT: "PutFunctionRecursionConfig" }],
  [
    /^\/event-invoke-config$/,
    {
      GET: "GetFunctionEventInvokeConfig",
      PUT: "PutFunctionEventInvokeConfig",
      POST: "UpdateFunctionEventInvokeConfig",
      DELETE: "DeleteFunctionEventInvokeConfig",
    },
  ],
];

function lambda(call: AwsCall): Permission[] {
  const path = decodeURIComponent(call.url.pathname).replace(/^\/\d{4}-\d{2}-\d{2}/, "");
  if (path.startsWith("/tags/"))
    return [permission(`lambda:${tagOperation(call, "ListTags")}`, path.slice("/tags/".length))];
  if (path.replace(/\/$/, "") === "/functions") {
    const fields = call.method === "POST" ? jsonBody(call) : {};
    if (call.method !== "POST") return [permission("lambda:ListFunctions", "*")];
    const created = arn(call, "lambda", `function:${text(fields, "FunctionName") ?? ""}`);
    return [permission("lambda:CreateFunction", created), ...passRole(fields["Role"], "lambda")];
  }
  const [, mapping] = /^\/event-source-mappings(?:\/([^/]*))?$/.exec(path) ?? [];
  if (path.startsWith("/event-source-mappings")) return eventSourceMapping(call, mapping ?? "");
  const [, name = "", rest = ""] = /^\/functions\/([^/]+)(\/.*?)?\/?$/.exec(path) ?? [];
  const operation = functionOperations.find(([pattern]) => pattern.test(rest))?.[1][call.method];
  if (operation === undefined) throw new Error(`the rehearsal cannot judge ${call.method} ${path} of Lambda`);
  const resource = name.startsWith("arn:") ? name : arn(call, "lambda", `function:${name}`);
  const role = operation === "UpdateFunctionConfiguration" ? jsonBody(call)["Role"] : undefined;
  return [permission(`lambda:${operation}`, resource), ...passRole(role, "lambda")];
}

/** Whose a mapping is, the front adds: only the mapping itself says which function it feeds. */
function eventSourceMapping(call: AwsCall, id: string): Permission[] {
  if (id !== "") {
    const verb = { GET: "Get", PUT: "Update", DELETE: "Delete" }[call.method] ?? "Update";
    return [
      permission(`lambda:${verb}EventSourceMapping`, arn(call, "lambda", `event-source-mapping:${id}`)),
    ];
  }
  if (call.method !== "POST") return [permission("lambda:ListEventSourceMappings", "*")];
  const name = text(jsonBody(call), "FunctionName") ?? "";
  const fed = name.startsWith("arn:") ? name : arn(call, "lambda", `function:${name}`);
  return [permission("lambda:CreateEventSourceMapping", "*", { "lambda:FunctionArn": fed })];
}

function tagOperation(call: AwsCall, list: string): string {
  return { GET: list, POST: "TagResource", DELETE: "UntagResource" }[call.method] ?? list;
}

function glue(call: AwsCall): Permission[] {
  const fields = jsonBody(call);
  const operation = operationOf(call);
  const role = text(part(fields, "JobUpdate"), "Role") ?? fields["Role"];
  const tags = Object.entries(part(fields, "Tags")).map(
    ([name, value]) => [`aws:RequestTag/${name}`, String(value)] as const,
  );
  const asked = glueResources(operation, fields).map((resource) =>
    permission(
      `glue:${operation}`,
      resource === "*" || resource.startsWith("arn:") ? resource : arn(call, "glue", resource),
      Object.fromEntries(tags),
    ),
  );
  return [...asked, ...passRole(role, "glue")];
}

/** Everything that a call is allowed on or not; of what lies in the catalog, all that holds it as well. */
function glueResources(operation: string, fields: Fields): string[] {
  const name = text(fields, "JobName", "Name") ?? "*";
  const tagged = text(fields, "ResourceArn");
  if (tagged !== undefined) return [tagged];
  if (operation.includes("DataQualityRuleset"))
    return operation === "CreateDataQualityRuleset" ? ["*"] : [`dataQualityRuleset/${name}`];
  if (/^(Create|Get|Update|Delete)Database$/.test(operation)) {
    const database = text(part(fields, "DatabaseInput"), "Name") ?? name;
    const content = [`table/${database}/*`, `userDefinedFunction/${database}/*`];
    return ["catalog", `database/${database}`, ...(operation === "DeleteDatabase" ? content : [])];
  }
  const database = text(fields, "DatabaseName");
  if (database !== undefined) {
    const table = text(fields, "TableName") ?? text(part(fields, "TableInput"), "Name") ?? name;
    return ["catalog", `database/${database}`, `table/${database}/${table}`];
  }
  if (operation.includes("Trigger")) return [`trigger/${name}`];
  return operation.includes("Job") ? [`job/${name}`] : ["*"];
}

function part(fields: Fields, name: string): Fields {
  const value = fields[name];
  return typeof value === "object" && value !== null ? (value as Fields) : {};
}

function sqs(call: AwsCall): Permission[] {
  const target = operationOf(call);
  const fields: Fields = target === "" ? Object.fromEntries(formBody(call)) : jsonBody(call);
  const name = text(fields, "QueueName") ?? text(fields, "QueueUrl")?.split("/").at(-1);
  // IAM knows no batches: the right to send a message is the right to send ten.
  const operation = (target === "" ? (text(fields, "Action") ?? "") : target).replace(/Batch$/, "");
  return [permission(`sqs:${operation}`, name === undefined ? "*" : arn(call, "sqs", name))];
}

function scheduler(call: AwsCall): Permission[] {
  const path = decodeURIComponent(call.url.pathname);
  if (path.startsWith("/tags/"))
    return [
      permission(`scheduler:${tagOperation(call, "ListTagsForResource")}`, path.slice("/tags/".length)),
    ];
  const [, kind = "", name = ""] = /^\/(schedules|schedule-groups)\/([^/]+)$/.exec(path) ?? [];
  const verb = { GET: "Get", POST: "Create", PUT: "Update", DELETE: "Delete" }[call.method];
  if (kind === "" || verb === undefined)
    throw new Error(`the rehearsal cannot judge ${call.method} ${path} of EventBridge Scheduler`);
  if (kind === "schedule-groups")
    return [permission(`scheduler:${verb}ScheduleGroup`, arn(call, "scheduler", `schedule-group/${name}`))];
  const fields = call.body === "" ? {} : jsonBody(call);
  const group = text(fields, "GroupName") ?? call.url.searchParams.get("groupName") ?? "default";
  const target = (fields["Target"] ?? {}) as Fields;
  return [
    permission(`scheduler:${verb}Schedule`, arn(call, "scheduler", `schedule/${group}/${name}`)),
    ...passRole(target["RoleArn"], "scheduler"),
  ];
}

function events(call: AwsCall): Permission[] {
  const fields = jsonBody(call);
  const name = text(fields, "Rule", "Name");
  const resource =
    text(fields, "ResourceARN") ?? (name === undefined ? "*" : arn(call, "events", `rule/${name}`));
  return [permission(`events:${operationOf(call)}`, resource), ...passRole(fields["RoleArn"], "events")];
}

function logs(call: AwsCall): Permission[] {
  const fields = jsonBody(call);
  const group = text(fields, "logGroupName");
  const prefix = text(fields, "logGroupNamePrefix");
  const given = text(fields, "resourceArn")?.replace(/:\*$/, "");
  const resource =
    given ??
    (group === undefined
      ? prefix === undefined
        ? "*"
        : arn(call, "logs", `log-group:${prefix}`)
      : arn(call, "logs", `log-group:${group}`));
  return [permission(`logs:${operationOf(call)}`, resource)];
}

function cloudwatch(call: AwsCall): Permission[] {
  const form = formBody(call);
  const action = `cloudwatch:${form.get("Action") ?? ""}`;
  const tagged = form.get("ResourceARN");
  if (tagged !== null) return [permission(action, tagged)];
  const names = [...form].flatMap(([key, value]) =>
    /^(AlarmName|AlarmNames\.member\.\d+)$/.test(key) ? [value] : [],
  );
  if (names.length === 0) return [permission(action, "*")];
  return names.map((name) => permission(action, arn(call, "cloudwatch", `alarm:${name}`)));
}

/** A secret's ARN ends with six characters of its own, which a call that names it otherwise does not tell. */
function secretsmanager(call: AwsCall): Permission[] {
  const name = text(jsonBody(call), "SecretId", "Name");
  const resource =
    name === undefined
      ? "*"
      : name.startsWith("arn:")
        ? name
        : arn(call, "secretsmanager", `secret:${name}-??????`);
  return [permission(`secretsmanager:${operationOf(call)}`, resource)];
}
