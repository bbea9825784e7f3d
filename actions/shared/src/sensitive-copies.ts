import { canonicalJson, isObject } from "./canonical-json.ts";

/** A list or object without a text of this length may well be the same as another by chance. */
const shortestText = 4;

/** Every list and object that is marked as secret as a whole, in canonical form. */
export function collectWholes(value: unknown, sensitive: unknown, into: Set<string>): void {
  if (typeof value !== "object" || value === null) return;
  if (sensitive === true) {
    if (hasText(value)) into.add(canonicalJson(value));
    return;
  }
  for (const [key, part] of Object.entries(value)) collectWholes(part, markOf(sensitive, key), into);
}

/**
 * The marks of a value, and one more wherever it is the same as something that is secret as a whole. Providers
 * drop marks: `terraform_data` gives out in the open what it was given in secret. A copied text is found by
 * itself; of a copied object the names of its members would stay.
 */
export function markCopies(value: unknown, sensitive: unknown, wholes: ReadonlySet<string>): unknown {
  if (wholes.size === 0 || sensitive === true || typeof value !== "object" || value === null)
    return sensitive;
  if (wholes.has(canonicalJson(value))) return true;
  const parts = Object.entries(value);
  const marks = parts.map(([key, part]) => markCopies(part, markOf(sensitive, key), wholes));
  if (marks.every((mark, index) => mark === markOf(sensitive, parts[index]?.[0] ?? ""))) return sensitive;
  return Array.isArray(value) ? marks : Object.fromEntries(parts.map(([key], index) => [key, marks[index]]));
}

function markOf(sensitive: unknown, key: string): unknown {
  if (Array.isArray(sensitive)) return sensitive[Number(key)];
  return isObject(sensitive) ? sensitive[key] : undefined;
}

function hasText(value: unknown): boolean {
  if (typeof value === "string") return value.length >= shortestText;
  return typeof value === "object" && value !== null && Object.values(value).some(hasText);
}
