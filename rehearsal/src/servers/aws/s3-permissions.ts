import { type AwsCall, type Permission, permission } from "./permission.ts";

type Table = Readonly<Record<string, string>>;

/** Sub-resource in the query → the part of the action's name after Get or Put. */
const bucketSettings: Table = {
  versioning: "BucketVersioning",
  encryption: "EncryptionConfiguration",
  publicAccessBlock: "BucketPublicAccessBlock",
  ownershipControls: "BucketOwnershipControls",
  lifecycle: "LifecycleConfiguration",
  policy: "BucketPolicy",
  policyStatus: "BucketPolicyStatus",
  acl: "BucketAcl",
  cors: "BucketCORS",
  website: "BucketWebsite",
  logging: "BucketLogging",
  accelerate: "AccelerateConfiguration",
  requestPayment: "BucketRequestPayment",
  replication: "ReplicationConfiguration",
  "object-lock": "BucketObjectLockConfiguration",
  tagging: "BucketTagging",
  location: "BucketLocation",
  notification: "BucketNotification",
  "intelligent-tiering": "IntelligentTieringConfiguration",
  inventory: "InventoryConfiguration",
  metrics: "MetricsConfiguration",
  analytics: "AnalyticsConfiguration",
};

export function s3Permissions(call: AwsCall): Permission[] {
  const [bucket = "", ...rest] = decodeURIComponent(call.url.pathname).slice(1).split("/");
  const key = rest.join("/");
  if (bucket === "") return [permission("s3:ListAllMyBuckets", "*")];
  return key === ""
    ? bucketPermissions(call, bucket)
    : objectPermissions(call, `arn:aws:s3:::${bucket}/${key}`);
}

function bucketPermissions(call: AwsCall, bucket: string): Permission[] {
  const query = call.url.searchParams;
  const resource = `arn:aws:s3:::${bucket}`;
  if (call.method === "POST" && query.has("delete"))
    return deletedKeys(call.body).map((key) => permission("s3:DeleteObject", `${resource}/${key}`));
  const setting = Object.keys(bucketSettings).find((name) => query.has(name));
  const name = setting === undefined ? undefined : bucketSettings[setting];
  if (call.method === "GET" || call.method === "HEAD") {
    if (name !== undefined) return [permission(`s3:Get${name}`, resource)];
    if (query.has("uploads")) return [permission("s3:ListBucketMultipartUploads", resource)];
    return [
      permission(
        query.has("versions") ? "s3:ListBucketVersions" : "s3:ListBucket",
        resource,
        listContext(query),
      ),
    ];
  }
  if (call.method === "PUT")
    return [permission(name === undefined ? "s3:CreateBucket" : `s3:Put${name}`, resource)];
  if (name === "BucketPolicy" || name === "BucketWebsite") return [permission(`s3:Delete${name}`, resource)];
  return [permission(name === undefined ? "s3:DeleteBucket" : `s3:Put${name}`, resource)];
}

function listContext(query: URLSearchParams): Record<string, string> {
  const context: Record<string, string> = { "s3:prefix": query.get("prefix") ?? "" };
  const delimiter = query.get("delimiter");
  if (delimiter !== null) context["s3:delimiter"] = delimiter;
  const maxKeys = query.get("max-keys");
  if (maxKeys !== null) context["s3:max-keys"] = maxKeys;
  return context;
}

function deletedKeys(body: string): string[] {
  return [...body.matchAll(/<Key>([^<]*)<\/Key>/g)].map(([, key = ""]) => key.replaceAll("&amp;", "&"));
}

function objectPermissions(call: AwsCall, resource: string): Permission[] {
  const query = call.url.searchParams;
  const version = query.has("versionId") ? "Version" : "";
  if (query.has("tagging")) {
    const verb = { GET: "Get", PUT: "Put", DELETE: "Delete" }[call.method] ?? "Put";
    return [permission(`s3:${verb}Object${version}Tagging`, resource)];
  }
  if (call.method === "GET" || call.method === "HEAD") {
    if (query.has("uploadId")) return [permission("s3:ListMultipartUploadParts", resource)];
    if (query.has("acl")) return [permission(`s3:GetObject${version}Acl`, resource)];
    return [permission(`s3:GetObject${version}`, resource)];
  }
  if (call.method === "DELETE")
    return [
      permission(query.has("uploadId") ? "s3:AbortMultipartUpload" : `s3:DeleteObject${version}`, resource),
    ];
  const permissions = [permission("s3:PutObject", resource)];
  const source = call.headers["x-amz-copy-source"];
  if (source !== undefined)
    permissions.push(
      permission(
        "s3:GetObject",
        `arn:aws:s3:::${decodeURIComponent(source).replace(/^\//, "").replace(/\?.*/, "")}`,
      ),
    );
  if (call.headers["x-amz-tagging"] !== undefined)
    permissions.push(permission("s3:PutObjectTagging", resource));
  return permissions;
}
