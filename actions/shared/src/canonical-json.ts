/**
 * One text per meaning: keys sorted, numbers exact, and JSON that lies in a string (a policy, say) taken by
 * its structure, so that formatting never counts. Lists keep their order, sets too: Terraform writes a set's
 * elements in an order that depends on its values alone.
 */

/** Stands for a value that is only known after apply. */
export const unknownValue: unique symbol = Symbol("known after apply");

export function canonicalJson(value: unknown): string {
  // `?`, `-` and `json(…)` are no JSON, so no real value can look like them.
  if (value === unknownValue) return "?";
  if (value === undefined) return "-";
  if (typeof value === "bigint") return value.toString();
  if (typeof value === "string") {
    const inner = embeddedJson(value);
    return inner === undefined ? JSON.stringify(value) : `json(${canonicalJson(inner)})`;
  }
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(",")}]`;
  if (isObject(value)) {
    const members = Object.keys(value)
      .sort()
      .map((key) => `${JSON.stringify(key)}:${canonicalJson(value[key])}`);
    return `{${members.join(",")}}`;
  }
  return JSON.stringify(value);
}

export function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** The object or list that a string holds as JSON; undefined for every other string. */
export function embeddedJson(text: string): object | undefined {
  if (!/^\s*[{[]/.test(text)) return undefined;
  try {
    return parseExactJson(text) as object;
  } catch {
    return undefined;
  }
}

type Reviver = (key: string, value: unknown, context: { readonly source?: string }) => unknown;
const parseWithSource = JSON.parse as (text: string, reviver: Reviver) => unknown;

/** JSON.parse that keeps numbers a double cannot hold: integers as bigint, others as the text they had. */
export function parseExactJson(text: string): unknown {
  if (!/[\d.]{16}/.test(text)) return JSON.parse(text);
  return parseWithSource(text, (_key, value, { source }) => {
    if (typeof value !== "number" || source === undefined || Number.isSafeInteger(value)) return value;
    if (/^-?\d+$/.test(source)) return BigInt(source);
    return source.replace(/\D/g, "").length > 15 ? source : value;
  });
}
