import type { Random } from "../random.ts";
import type { PlanDocument } from "./plans.ts";

/** Anywhere in a document: a value flipped, a member dropped or doubled, two places swapped. */

type Container = Record<string | number, unknown>;
interface Place {
  readonly holder: Container;
  readonly key: string | number;
  readonly path: string;
}

export interface Mutated<Document> {
  readonly document: Document;
  /** Such as "drop /changes/0/actions". */
  readonly what: string;
}

export function mutate<Document extends object>(original: Document, random: Random): Mutated<Document> {
  // A clone that keeps no sharing: what is one object in two places must not change in both.
  const document = JSON.parse(JSON.stringify(original)) as Document;
  const places = placesIn(document as unknown as Container, "");
  const [first, ...rest] = places;
  if (first === undefined) return { document, what: "nothing" };
  const place = random.pick([first, ...rest]);
  const kind = random.pick(["flip", "flip", "drop", "swap", "double"]);
  if (kind === "drop") drop(place);
  else if (kind === "double") double(place, random);
  else if (kind === "swap") swap(place, random.pick([first, ...rest]));
  else place.holder[place.key] = flipped(place.holder[place.key], random);
  return { document, what: `${kind} ${place.path}` };
}

function placesIn(holder: Container, path: string): Place[] {
  return Object.entries(holder).flatMap(([name, value]) => {
    const key = Array.isArray(holder) ? Number(name) : name;
    const place = { holder, key, path: `${path}/${name}` };
    const inner = typeof value === "object" && value !== null ? placesIn(value as Container, place.path) : [];
    return [place, ...inner];
  });
}

function drop({ holder, key }: Place): void {
  if (Array.isArray(holder)) holder.splice(Number(key), 1);
  else delete holder[key];
}

function double({ holder, key }: Place, random: Random): void {
  const copy = structuredClone(holder[key]);
  if (Array.isArray(holder)) holder.splice(random.below(holder.length + 1), 0, copy);
  else holder[`${key}_2`] = copy;
}

function swap(one: Place, other: Place): void {
  // A place inside the other cannot change places with it.
  if (one.path.startsWith(`${other.path}/`) || other.path.startsWith(`${one.path}/`)) return;
  [one.holder[one.key], other.holder[other.key]] = [other.holder[other.key], one.holder[one.key]];
}

function flipped(value: unknown, random: Random): unknown {
  if (typeof value === "boolean") return !value;
  if (typeof value === "number") return value + random.pick([1, -1, 10]);
  if (typeof value === "string") return flippedText(value, random);
  return random.pick([null, true, "other", 0, {}, []]);
}

const actions = ["no-op", "create", "update", "delete", "forget", "read"] as const;

function flippedText(text: string, random: Random): string {
  if ((actions as readonly string[]).includes(text)) return random.pick(actions as unknown as ["no-op"]);
  if (text === "" || text === "apply") return text === "" ? "x" : "destroy";
  if (text.startsWith("{") && random.chance(0.5)) return `  ${text.replaceAll(":", ": ")}\n`;
  const at = random.below(text.length);
  const replacement = /[0-9a-f]/.test(text[at] ?? "") ? random.pick(["0", "7", "a", "f"]) : "z";
  return text.slice(0, at) + replacement + text.slice(at + 1);
}

/** What makes a document another text and no other plan. */
export function rewrite(original: PlanDocument, random: Random): Mutated<PlanDocument> {
  const document = structuredClone(original);
  const changes = document.resource_changes;
  const first = changes[0];
  switch (random.pick(["order", "keys", "reads", "no-ops", "less", "same", "format"])) {
    case "order":
      return {
        document: { ...document, resource_changes: changes.toReversed() },
        what: "changes in another order",
      };
    case "keys":
      return { document: reversedKeys(document), what: "members in another order" };
    case "reads":
      changes.push({ ...structuredClone(changes[0] ?? never()), mode: "data", address: "data.aws_x.y" });
      return { document, what: "one more read" };
    case "no-ops": {
      const still = structuredClone(first ?? never());
      delete still.previous_address;
      delete still.change.importing;
      changes.push({ ...still, address: "aws_x.still", change: { ...still.change, actions: ["no-op"] } });
      return { document, what: "one more no-op" };
    }
    case "less":
      changes.splice(random.below(changes.length), 1);
      return { document, what: "one change done already" };
    case "same":
      for (const { change } of changes)
        for (const side of [change.before, change.after])
          if (typeof side === "object" && side !== null) (side as Container)["etag"] = "seen later";
      return { document: onlyWhereBoth(document), what: "an unchanged attribute that differs" };
    default:
      return { document: { ...document, format_version: "1.99" }, what: "a newer minor version" };
  }
}

function onlyWhereBoth(document: PlanDocument): PlanDocument {
  for (const { change } of document.resource_changes) {
    if (change.before !== null && change.after !== null) continue;
    for (const side of [change.before, change.after])
      if (typeof side === "object" && side !== null) delete (side as Container)["etag"];
  }
  return document;
}

function reversedKeys<Value>(value: Value): Value {
  if (Array.isArray(value)) return value.map(reversedKeys) as Value;
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .reverse()
      .map(([key, part]) => [key, reversedKeys(part)]),
  ) as Value;
}

function never(): never {
  throw new Error("a plan without changes was made up");
}
