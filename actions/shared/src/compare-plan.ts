import type { PlanRecord, RecordedChange } from "./contracts/plan-record.ts";
import type { Plan } from "./plan-json.ts";
import { type RecordedOutput, recordPlan } from "./plan-record.ts";

export interface Comparison {
  /** Every change that was found is in the record; an apply of the found plan does nothing unreviewed. */
  readonly equal: boolean;
  /** What was found and not reviewed, a line each. No values: the record holds none, and some are secret. */
  readonly differences: string[];
  /** Reviewed changes that are no longer to be done. */
  readonly alreadyDone: string[];
}

/**
 * Holds the plan that was found to one that was reviewed: applied is a subset of reviewed. A change is the
 * same when its actions, every changed path with old and new value, what is unknown, what forces a
 * replacement, and where it is moved or imported from are the same.
 */
export function comparePlan(found: Plan, reviewed: PlanRecord): Comparison {
  const now = recordPlan(found, reviewed.key);
  const before = new Map(reviewed.changes.map((change) => [identity(change), change]));
  const outputsBefore = new Map(reviewed.outputs.map((output) => [output.name, output]));
  const differences = [
    ...now.changes.flatMap((change) => changeDifferences(change, before.get(identity(change)))),
    ...now.outputs.flatMap((output) => outputDifferences(output, outputsBefore.get(output.name))),
  ];
  const left = new Set(now.changes.map(identity));
  const alreadyDone = reviewed.changes.filter((change) => !left.has(identity(change))).map(describe);
  return { equal: differences.length === 0, differences, alreadyDone };
}

const identity = (change: RecordedChange): string => JSON.stringify([change.address, change.deposed ?? null]);

const describe = (change: RecordedChange): string => `${change.address}: ${verb(change)}`;

function verb({ actions, importing, previousAddress }: RecordedChange): string {
  const moved = previousAddress === undefined ? [] : [`move from ${previousAddress}`];
  const imported = importing === undefined ? [] : ["import"];
  return [...moved, ...imported, ...actions.filter((action) => action !== "no-op")].join(" and ");
}

function changeDifferences(found: RecordedChange, reviewed: RecordedChange | undefined): string[] {
  if (reviewed === undefined) return [`${describe(found)} – was not in the reviewed plan`];
  if (verb(found) !== verb(reviewed))
    return [`${describe(found)} – the reviewed plan had: ${verb(reviewed)}`];
  const faults: string[] = [];
  if (found.importing !== reviewed.importing) faults.push("another object would be imported");
  faults.push(...valueDifferences(found.values, reviewed.values));
  if (JSON.stringify(found.replacePaths) !== JSON.stringify(reviewed.replacePaths))
    faults.push(`the replacement is forced by ${found.replacePaths.join(", ") || "nothing named"}`);
  return faults.map((fault) => `${describe(found)} – ${fault}`);
}

type Values = RecordedChange["values"];

function valueDifferences(found: Values, reviewed: Values): string[] {
  const paths = new Set([...Object.keys(found), ...Object.keys(reviewed)]);
  return [...paths].sort().flatMap((path) => {
    const name = path === "" ? "the value" : path;
    const now = found[path];
    const then = reviewed[path];
    if (now === undefined) return [`${name} would no longer change`];
    if (then === undefined) return [`${name} would change too`];
    return [
      ...(now.before === then.before ? [] : [`${name} is no longer what it was at the review`]),
      ...(now.after === then.after ? [] : [`${name} would become ${newValue(now.after, then.after)}`]),
    ];
  });
}

function newValue(found: string | undefined, reviewed: string | undefined): string {
  if (found === undefined) return "nothing, where the review saw a value";
  if (reviewed === "unknown") return "a value that the review could not see yet";
  return found === "unknown" ? "something only known after apply" : "another value";
}

function outputDifferences(found: RecordedOutput, reviewed: RecordedOutput | undefined): string[] {
  const name = `output ${found.name}: ${found.actions.join(" and ")}`;
  if (reviewed === undefined) return [`${name} – was not in the reviewed plan`];
  if (found.actions.join() !== reviewed.actions.join())
    return [`${name} – the reviewed plan had: ${reviewed.actions.join(" and ")}`];
  return [
    ...(found.before === reviewed.before ? [] : [`${name} – it is no longer what it was at the review`]),
    ...(found.after === reviewed.after
      ? []
      : [`${name} – it would become ${newValue(found.after, reviewed.after)}`]),
  ];
}
