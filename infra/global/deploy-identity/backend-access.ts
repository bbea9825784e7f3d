import { lockNoteKey } from "../../../actions/shared/src/contracts/lock-note.ts";
import { markerKey } from "../../../actions/shared/src/contracts/plan-record.ts";
import { rescuedPrefix } from "../../../actions/shared/src/contracts/rescued-state.ts";
import {
  type Environment,
  type Stack,
  type StackBackend,
  type StackMap,
  stateKey,
} from "../../../actions/shared/src/contracts/stack-map.ts";
import type { Naming } from "../../naming.ts";
import { allow, merged, type Statement } from "../../policy.ts";

/** To apply one stack: its own state and locks, its records to read, its marker and lock note. */
export function applyAccess(naming: Naming, map: StackMap, stack: Stack): Statement[] {
  const { backend } = stack;
  const state = `${naming.bucketArn(backend.bucket)}/${stateKey(backend)}`;
  const store = naming.bucketArn(map.store.bucket);
  return [
    allow(["s3:ListBucket"], [...new Set([naming.bucketArn(backend.bucket), store])]),
    allow(["s3:GetObject", "s3:PutObject", "s3:DeleteObject"], [state, `${state}.tflock`]),
    allow(["s3:GetObject"], [`${store}/records/${stack.id}/*`]),
    allow(
      ["s3:GetObject", "s3:PutObject"],
      [
        `${store}/${markerKey(stack.id)}`,
        `${store}/${lockNoteKey(stack.id)}`,
        `${store}/${rescuedPrefix(stack.id)}*`,
      ],
    ),
    ...lockRows(naming, [backend], ["dynamodb:GetItem", "dynamodb:PutItem", "dynamodb:DeleteItem"], lockIds),
  ];
}

/**
 * To plan the stacks of an environment: their states, locks and markers to read, their records to write. Not
 * to read records: whoever can plan must not learn the keys under which reviewed values were digested.
 */
export function planAccess(naming: Naming, map: StackMap, environment: Environment): Statement[] {
  const stacks = [...map.stacks.values()];
  const others = stacks.filter((stack) => stack.environment.name !== environment.name);
  const own = [
    ...stacks.filter((stack) => stack.environment.name === environment.name),
    ...treeOf(map, environment, others),
  ];
  const ids = patterns(
    own.map(({ id }) => id),
    others.map(({ id }) => id),
  );
  const keys = patterns(
    own.map(({ backend }) => stateKey(backend)),
    others.map(({ backend }) => stateKey(backend)),
  );
  const buckets = [...new Set(own.map(({ backend }) => backend.bucket))].map((name) =>
    naming.bucketArn(name),
  );
  const store = naming.bucketArn(map.store.bucket);
  return merged([
    allow(["s3:ListBucket"], [...new Set([...buckets, store])]),
    allow(
      ["s3:GetObject"],
      buckets.flatMap((bucket) =>
        keys.flatMap((key) =>
          [`${bucket}/${key}`, `${bucket}/${key}.tflock`].slice(0, key.endsWith("*") ? 1 : 2),
        ),
      ),
    ),
    allow(
      ["s3:GetObject"],
      ids.flatMap((id) =>
        (id.endsWith("*") ? [`deployments/${id}`] : [markerKey(id), lockNoteKey(id)]).map(
          (key) => `${store}/${key}`,
        ),
      ),
    ),
    allow(
      ["s3:PutObject"],
      ids.map((id) => `${store}/records/${id.endsWith("*") ? id : `${id}/*`}`),
    ),
    ...lockRows(
      naming,
      own.map(({ backend }) => backend),
      ["dynamodb:GetItem"],
      ({ bucket }) =>
        keys.flatMap((key) =>
          key.endsWith("*") ? [`${bucket}/${key}`] : [`${bucket}/${key}`, `${bucket}/${key}-md5`],
        ),
    ),
  ]);
}

/**
 * The tree of ids that is named after the environment, whether or not a stack is in it yet: a pull request that
 * adds one there can be planned before anything of it is merged. Not where another environment has stacks in it.
 */
function treeOf(
  map: StackMap,
  { name }: Environment,
  others: readonly Stack[],
): readonly Pick<Stack, "id" | "backend">[] {
  if (others.some(({ id }) => id.startsWith(`${name}/`))) return [];
  const { bucket, region } = map.store;
  const key = `${name}/*`;
  return [{ id: key, backend: { bucket, key, region, table: map.table, workspace: "default" } }];
}

/** Rows of Terraform's lock table: the lock itself and the digest of the state. */
function lockIds(backend: StackBackend): string[] {
  const id = `${backend.bucket}/${stateKey(backend)}`;
  return [id, `${id}-md5`];
}

/** `Null` guards the set operator, which holds when there is no key at all. */
function lockRows(
  naming: Naming,
  backends: readonly StackBackend[],
  actions: readonly string[],
  ids: (backend: StackBackend) => readonly string[],
): Statement[] {
  const tables = Map.groupBy(backends, ({ table }) => table);
  return [...tables].flatMap(([table, users]) =>
    table === undefined
      ? []
      : [
          allow(actions, [naming.tableArn(table)], {
            "ForAllValues:StringLike": { "dynamodb:LeadingKeys": [...new Set(users.flatMap(ids))] },
            Null: { "dynamodb:LeadingKeys": "false" },
          }),
        ],
  );
}

/** Covers `own` by whole trees where no other lies in them, which keeps a policy small; by name otherwise. */
function patterns(own: readonly string[], others: readonly string[]): string[] {
  const root = (path: string) => path.split("/")[0] ?? path;
  const shared = new Set(others.map(root));
  return [
    ...new Set(own.map((path) => (shared.has(root(path)) || !path.includes("/") ? path : `${root(path)}/*`))),
  ];
}
