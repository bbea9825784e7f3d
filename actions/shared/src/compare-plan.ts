import { isObject } from "./canonical-json.ts";
import type { PlanRecord, RecordedChange } from "./contracts/plan-record.ts";
import { hasUnknown, type Plan, type PlannedChange } from "./plan-json.ts";
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
  return merge(found, [holdTo(found, reviewed)]);
}

/**
 * The same for what several pull requests had reviewed, each against a main of its own. A change must be in
 * one record at least, and be the same in each that speaks of its address. As none of them has seen the
 * whole configuration, what a plan does not show cannot be taken from them: a given value that is only known
 * after apply, the programs of a provisioner, and which provider does it.
 */
export function compareWithAll(found: Plan, reviewed: readonly PlanRecord[]): Comparison {
  const merged = merge(
    found,
    reviewed.map((record) => holdTo(found, record)),
  );
  const hidden = found.changes.flatMap(hiddenFaults);
  const providers = reviewed
    .filter((record) => record.providers === undefined || record.providers !== providersOf(found, record))
    .map(() => "the configuration of the providers is not the one that was reviewed");
  const differences = [...new Set([...merged.differences, ...hidden, ...providers])];
  return { ...merged, equal: differences.length === 0, differences };
}

const providersOf = (found: Plan, { key }: PlanRecord) =>
  recordPlan({ ...found, changes: [], outputs: [] }, key).providers;

/** How each change and output of the found plan, in its order, stands to a record. */
interface Held {
  /** Differences; undefined where the record has no such change. */
  readonly verdicts: readonly (readonly string[] | undefined)[];
  readonly names: readonly string[];
  readonly alreadyDone: readonly string[];
}

function holdTo(found: Plan, reviewed: PlanRecord): Held {
  const now = recordPlan(found, reviewed.key);
  const before = new Map(reviewed.changes.map((change) => [identity(change), change]));
  const outputsBefore = new Map(reviewed.outputs.map((output) => [output.name, output]));
  const left = new Set(now.changes.map(identity));
  const verdictOf = <Item>(old: Item | undefined, differences: (old: Item) => string[]) =>
    old === undefined ? undefined : differences(old);
  return {
    verdicts: [
      ...now.changes.map((change) =>
        verdictOf(before.get(identity(change)), (old) => changeDifferences(change, old)),
      ),
      ...now.outputs.map((output) =>
        verdictOf(outputsBefore.get(output.name), (old) => outputDifferences(output, old)),
      ),
    ],
    names: [...now.changes.map(describe), ...now.outputs.map(describeOutput)],
    alreadyDone: reviewed.changes.filter((change) => !left.has(identity(change))).map(describe),
  };
}

function merge(found: Plan, held: readonly Held[]): Comparison {
  const differences = Array.from({ length: found.changes.length + found.outputs.length }, (_, index) => {
    const verdicts = held.flatMap(({ verdicts }) => {
      const verdict = verdicts[index];
      return verdict === undefined ? [] : [verdict];
    });
    return verdicts.length === 0
      ? [`${held[0]?.names[index] ?? "a change"} – was not in the reviewed plan`]
      : verdicts.flat();
  });
  const distinct = [...new Set(differences.flat())];
  const alreadyDone = [...new Set(held.flatMap((each) => each.alreadyDone))];
  return { equal: distinct.length === 0, differences: distinct, alreadyDone };
}

function hiddenFaults(change: PlannedChange): string[] {
  const goes = change.actions.every(
    (action) => action === "delete" || action === "forget" || action === "no-op",
  );
  const name = `${change.address}: ${change.actions.join(" and ")}`;
  const faults: string[] = [];
  if (change.provisioned === true) faults.push(`${name} – it runs a provisioner, which no plan shows`);
  if (goes) return faults;
  const values = isObject(change.after) ? change.after : {};
  for (const [argument, value] of Object.entries(values))
    if ((change.configured === undefined || change.configured.has(argument)) && hasUnknown(value))
      faults.push(`${name} – /${argument} is only known after apply`);
  return faults;
}

const identity = (change: RecordedChange): string => JSON.stringify([change.address, change.deposed ?? null]);

const describe = (change: RecordedChange): string => `${change.address}: ${verb(change)}`;

function verb({ actions, importing, previousAddress }: RecordedChange): string {
  const moved = previousAddress === undefined ? [] : [`move from ${previousAddress}`];
  const imported = importing === undefined ? [] : ["import"];
  return [...moved, ...imported, ...actions.filter((action) => action !== "no-op")].join(" and ");
}

function changeDifferences(found: RecordedChange, reviewed: RecordedChange): string[] {
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

const describeOutput = ({ name, actions }: RecordedOutput): string =>
  `output ${name}: ${actions.join(" and ")}`;

function outputDifferences(found: RecordedOutput, reviewed: RecordedOutput): string[] {
  const name = describeOutput(found);
  if (found.actions.join() !== reviewed.actions.join())
    return [`${name} – the reviewed plan had: ${reviewed.actions.join(" and ")}`];
  return [
    ...(found.before === reviewed.before ? [] : [`${name} – it is no longer what it was at the review`]),
    ...(found.after === reviewed.after
      ? []
      : [`${name} – it would become ${newValue(found.after, reviewed.after)}`]),
  ];
}
