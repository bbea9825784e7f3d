import { canonicalJson, embeddedJson, isObject } from "./canonical-json.ts";
import { anySensitive, partOf, type ValueChange } from "./plan-json.ts";

/** One path of a resource or output whose value changes. */
export interface ChangedValue {
  readonly path: readonly (string | number)[];
  /** Undefined: there was, or will be, nothing at this path. */
  readonly before: unknown;
  readonly after: unknown;
  readonly sensitive: boolean;
}

/**
 * Every changed path. `exact` stops where one side has no counterpart, which is what records want;
 * `readable` goes on to the last leaf, and into JSON that lies in strings, which is what people want.
 */
export function changedValues(change: ValueChange, detail: "exact" | "readable"): ChangedValue[] {
  const root = {
    ...change,
    before: change.before ?? undefined,
    after: change.after ?? undefined,
  };
  if (!isObject(root.before) && !isObject(root.after)) return descend(root, [], detail);
  return descend({ ...root, before: root.before ?? {}, after: root.after ?? {} }, [], detail);
}

type Path = ChangedValue["path"];

function descend(change: ValueChange, path: Path, detail: "exact" | "readable"): ChangedValue[] {
  const { before, after } = change;
  const unset = path.length === 1 && (before ?? undefined) === (after ?? undefined);
  if (unset || canonicalJson(before) === canonicalJson(after)) return [];
  // Where the whole is secret, so are the names and the number of its parts.
  const secret = path.length > 0 && (change.beforeSensitive === true || change.afterSensitive === true);
  const keys = secret ? undefined : commonKeys(change, detail);
  if (keys !== undefined) {
    return keys.flatMap((key) => descend(partsOf(change, key, detail), [...path, key], detail));
  }
  const sensitive = anySensitive(change.beforeSensitive) || anySensitive(change.afterSensitive);
  return [{ path, before, after, sensitive }];
}

function partsOf(change: ValueChange, key: string | number, detail: "exact" | "readable"): ValueChange {
  return {
    before: member(open(change.before, detail), key),
    after: member(open(change.after, detail), key),
    beforeSensitive: partOf(change.beforeSensitive, key),
    afterSensitive: partOf(change.afterSensitive, key),
  };
}

/** The keys to go on with, or undefined where the value is to be taken as a whole. */
function commonKeys(
  change: ValueChange,
  detail: "exact" | "readable",
): readonly (string | number)[] | undefined {
  const before = open(change.before, detail);
  const after = open(change.after, detail);
  if (isObject(before) && isObject(after)) return keysOf(before, after);
  if (Array.isArray(before) && Array.isArray(after)) return indexesOf(before, after, detail);
  if (detail === "exact") return undefined;
  // A container that is new or goes is told part by part, unless it is empty.
  if (isAbsent(before) && isFilled(after))
    return Array.isArray(after) ? [...after.keys()] : Object.keys(after);
  if (isAbsent(after) && isFilled(before))
    return Array.isArray(before) ? [...before.keys()] : Object.keys(before);
  return undefined;
}

function indexesOf(before: readonly unknown[], after: readonly unknown[], detail: "exact" | "readable") {
  if (detail === "exact" && before.length !== after.length) return undefined;
  if (detail === "readable" && [...before, ...after].every((item) => !isObject(item) && !Array.isArray(item)))
    return undefined;
  return Array.from({ length: Math.max(before.length, after.length) }, (_, index) => index);
}

const keysOf = (before: object, after: object) => [
  ...new Set([...Object.keys(before), ...Object.keys(after)]),
];

function open(value: unknown, detail: "exact" | "readable"): unknown {
  return detail === "readable" && typeof value === "string" ? (embeddedJson(value) ?? value) : value;
}

function member(value: unknown, key: string | number): unknown {
  if (Array.isArray(value)) return value[Number(key)];
  return isObject(value) ? value[key] : undefined;
}

const isAbsent = (value: unknown): boolean => value === undefined || value === null;

function isFilled(value: unknown): value is Readonly<Record<string, unknown>> | readonly unknown[] {
  return (Array.isArray(value) && value.length > 0) || (isObject(value) && Object.keys(value).length > 0);
}
