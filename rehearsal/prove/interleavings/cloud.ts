import { unknownValue } from "../../../actions/shared/src/canonical-json.ts";
import { emptyPlan, type Plan, type PlannedChange } from "../../../actions/shared/src/plan-json.ts";
import type { Tree } from "./history.ts";

/** A resource: changing `kind` replaces it, changing `value` updates it; `id` is known after it is made. */
export interface Resource {
  readonly id: string;
  readonly kind: string;
  readonly value: string;
}
export type Resources = Readonly<Record<string, Resource>>;

export interface State {
  readonly lineage: string;
  readonly serial: number;
  readonly resources: Resources;
  readonly output: string | undefined;
}

export const folder = "app";

/** Every file of the folder is a resource: its name the key, its content `kind:value`. */
export function configuration(tree: Tree): Readonly<Record<string, Omit<Resource, "id">>> {
  return Object.fromEntries(
    Object.entries(tree)
      .filter(([path]) => path.startsWith(`${folder}/`))
      .map(([path, content]) => {
        const [kind = "", value = ""] = content.split(":");
        return [path.slice(folder.length + 1), { kind, value }];
      }),
  );
}

/** What Terraform knows after looking: an object that is gone is gone, one that was altered is as it is now. */
export function refresh(state: State | undefined, cloud: Resources): Resources {
  return Object.fromEntries(
    Object.entries(state?.resources ?? {}).flatMap(([key, { id }]) => {
      const real = cloud[key];
      return real?.id === id ? [[key, real]] : [];
    }),
  );
}

const outputOf = (wanted: object): string | undefined =>
  Object.keys(wanted).length === 0 ? undefined : Object.keys(wanted).sort().join(",");

export function planOf(
  known: Resources,
  wanted: Readonly<Record<string, Omit<Resource, "id">>>,
  before: string | undefined,
): Plan {
  const keys = [...new Set([...Object.keys(known), ...Object.keys(wanted)])].sort();
  const after = outputOf(wanted);
  const actions = before === undefined ? "create" : after === undefined ? "delete" : "update";
  const marks = { beforeSensitive: false, afterSensitive: false };
  return {
    ...emptyPlan,
    changes: keys.flatMap((key) => changeOf(key, known[key], wanted[key])),
    outputs: before === after ? [] : [{ name: "keys", actions: [actions], before, after, ...marks }],
  };
}

function changeOf(
  key: string,
  before: Resource | undefined,
  wanted: Omit<Resource, "id"> | undefined,
): PlannedChange[] {
  if (before === undefined && wanted === undefined) return [];
  const replaced = before !== undefined && wanted !== undefined && before.kind !== wanted.kind;
  if (before?.kind === wanted?.kind && before?.value === wanted?.value) return [];
  const actions: PlannedChange["actions"] = replaced
    ? ["delete", "create"]
    : [before === undefined ? "create" : wanted === undefined ? "delete" : "update"];
  const id = before === undefined || replaced ? unknownValue : before.id;
  return [
    {
      address: `thing.${key}`,
      previousAddress: undefined,
      deposed: undefined,
      type: "thing",
      actions,
      replacePaths: replaced ? [["kind"]] : [],
      importing: undefined,
      before: before ?? null,
      after: wanted === undefined ? null : { ...wanted, id },
      beforeSensitive: false,
      afterSensitive: false,
    },
  ];
}
