import { ActionError } from "./action-error.ts";
import { lockNoteKey } from "./contracts/lock-note.ts";
import { rescuedPrefix } from "./contracts/rescued-state.ts";
import { type RecordStore, type Stack, stateKey } from "./contracts/stack-map.ts";

/** AWS's limit for the text of a session policy. */
export const maxSessionPolicyLength = 2048;

interface Statement {
  readonly Effect: "Allow";
  readonly Action?: string | readonly string[];
  readonly NotAction?: readonly string[];
  readonly Resource?: string | readonly string[];
  readonly NotResource?: readonly string[];
  readonly Condition?: object;
}

/**
 * Narrows a role to what a plan of one stack needs of the parts that stacks share: it reads its own state,
 * locks, marker and lock note, and writes its own records, which it cannot read. Other services, and the settings of
 * the bucket and table, are left to the role's own policy. IAM policy document, at most 2,048 characters.
 */
export function planSessionPolicy(stack: Stack, store: RecordStore): string {
  const at = places(stack, store);
  return policy(stack, [
    ...everythingElse(at),
    allow("s3:GetObject", [at.state, at.lockFile, at.deployment]),
    allow("s3:PutObject", at.records),
    ...lockRows(at, ["GetItem"]),
  ]);
}

/**
 * The same for an apply: it writes its own state, locks, marker and lock note, and reads its own records. The state
 * object itself it cannot delete; Terraform never does so for the default workspace.
 */
export function applySessionPolicy(stack: Stack, store: RecordStore): string {
  const at = places(stack, store);
  return policy(stack, [
    ...everythingElse(at),
    allow(["s3:GetObject", "s3:PutObject"], [at.state, at.deployment, at.rescued]),
    allow(["s3:GetObject", "s3:PutObject", "s3:DeleteObject"], at.lockFile),
    allow("s3:GetObject", at.records),
    ...lockRows(at, ["GetItem", "PutItem", "DeleteItem"]),
  ]);
}

/**
 * Narrows an apply role to releasing the lock of one stack: it reads the lock, the state that must fit the lock
 * table, and the lock note; it deletes the lock, and writes the note. Nothing else, in no service.
 */
export function unlockSessionPolicy(stack: Stack, store: RecordStore): string {
  const at = places(stack, store);
  const [lockRow = "", digestRow = ""] = at.rows;
  return policy(stack, [
    allow(
      "s3:ListBucket",
      at.buckets.map((bucket) => bucket.slice(0, -2)),
    ),
    allow("s3:GetObject", [at.state, at.lockFile, at.deployment]),
    allow("s3:DeleteObject", at.lockFile),
    allow("s3:PutObject", at.note),
    // Where the bucket is encrypted with a key of KMS; which one, the role says.
    allow(["kms:Decrypt", "kms:GenerateDataKey"], "*"),
    ...lockRows({ ...at, rows: [lockRow] }, ["GetItem", "DeleteItem"]),
    ...lockRows({ ...at, rows: [digestRow] }, ["GetItem"]),
  ]);
}

function places({ id, backend }: Stack, store: RecordStore) {
  const partition = partitionOf(backend.region);
  const s3 = `arn:${partition}:s3:::`;
  const key = stateKey(backend);
  const { table } = backend;
  return {
    buckets: [...new Set([`${s3}${backend.bucket}/*`, `${s3}${store.bucket}/*`])],
    state: `${s3}${backend.bucket}/${literal(key)}`,
    lockFile: `${s3}${backend.bucket}/${literal(key)}.tflock`,
    // Marker and lock note; an id has no dot, so no other stack's.
    deployment: `${s3}${store.bucket}/deployments/${id}.*`,
    note: `${s3}${store.bucket}/${lockNoteKey(id)}`,
    records: `${s3}${store.bucket}/records/${id}/*`,
    rescued: `${s3}${store.bucket}/${rescuedPrefix(id)}*`,
    // In whichever account the table is: the state's need not be the stack's.
    table:
      table?.startsWith("arn:") === false
        ? `arn:${partition}:dynamodb:${backend.region}:*:table/${table}`
        : table,
    rows: [`${backend.bucket}/${literal(key)}`, `${backend.bucket}/${literal(key)}-md5`],
  };
}

type Places = ReturnType<typeof places>;

/** Whatever reads or writes the items of a table, so that the rest is the settings of the table. */
const itemActions = ["dynamodb:*Item*", "dynamodb:Query", "dynamodb:Scan", "dynamodb:PartiQL*"];

function everythingElse({ buckets, table }: Places): Statement[] {
  const rest: Statement = {
    Effect: "Allow",
    Action: "*",
    NotResource: [...buckets, ...(table === undefined ? [] : [table])],
  };
  return table === undefined ? [rest] : [rest, { Effect: "Allow", NotAction: itemActions, Resource: table }];
}

function lockRows({ table, rows }: Places, verbs: readonly string[]): Statement[] {
  if (table === undefined) return [];
  const condition = {
    "ForAllValues:StringEquals": { "dynamodb:LeadingKeys": rows },
    // ForAllValues alone is true where the key is absent.
    Null: { "dynamodb:LeadingKeys": "false" },
  };
  return [
    {
      ...allow(
        verbs.map((verb) => `dynamodb:${verb}`),
        table,
      ),
      Condition: condition,
    },
  ];
}

function allow(action: string | readonly string[], resource: string | readonly string[]): Statement {
  return { Effect: "Allow", Action: action, Resource: resource };
}

function policy(stack: Stack, statements: readonly Statement[]): string {
  const text = JSON.stringify({ Version: "2012-10-17", Statement: statements });
  if (text.length <= maxSessionPolicyLength) return text;
  throw new ActionError(
    `stack ${stack.id}: the session policy that narrows its role has ${text.length} characters; AWS takes ${maxSessionPolicyLength}`,
    { hint: "Shorten the stack's id or its state's key or bucket in the stack map." },
  );
}

/** IAM takes these characters for wildcards and variables; S3 takes them in keys. */
function literal(key: string): string {
  return key.replace(/[*?$]/g, (character) => `\${${character}}`);
}

function partitionOf(region: string): string {
  if (region.startsWith("cn-")) return "aws-cn";
  return region.startsWith("us-gov-") ? "aws-us-gov" : "aws";
}
