import type { ChangeAction, StackResult, StackStatus } from "../../shared/src/contracts/stack-result.ts";
import { isProblem, type Report, type StackReport } from "./report.ts";

/** The words of a comment: titles, states, counts, and what to do. */

type Counts = StackResult["counts"];

export function plural(count: number, noun: string): string {
  return `${count.toLocaleString("en")} ${noun}${count === 1 ? "" : "s"}`;
}

/** Whether this run only showed what would change. A plan of a destruction is a plan too. */
export function isPlan({ stage, stacks }: Report): boolean {
  const planned = (result: StackResult | undefined) =>
    result === undefined || result.operation === "plan" || result.status === "changes";
  return stage === "plan" || (stage === "operate" && stacks.every(({ result }) => planned(result)));
}

export function title(report: Report): string {
  const { detection, stacks } = report;
  if (detection.untrusted !== undefined) return "Nothing was planned";
  if (stacks.length === 0) return "No stack is affected";
  const planned = isPlan(report);
  const problems = stacks.filter(isProblem).length;
  const changed = stacks.filter(({ result }) => result?.status === (planned ? "changes" : "applied"));
  const clauses: string[] = [];
  if (changed.length > 0)
    clauses.push(
      `${plural(changed.length, "stack")} ${planned ? "would change" : "applied"}: ${countsLine(totals(changed), planned)}`,
    );
  else if (problems === 0) clauses.push(`No changes in ${plural(stacks.length, "stack")}`);
  if (problems > 0)
    clauses.push(
      `${problems} of ${plural(stacks.length, "stack")} ${planned ? "could not be planned" : "not applied"}`,
    );
  return clauses.join(" · ");
}

export function totals(stacks: readonly StackReport[]): Counts {
  const sum = { create: 0, update: 0, replace: 0, delete: 0, import: 0, move: 0, forget: 0 };
  for (const { result } of stacks)
    for (const key of Object.keys(sum) as (keyof Counts)[]) sum[key] += result?.counts[key] ?? 0;
  return sum;
}

/** "12 to add, 1 to change, 0 to destroy"; what is rarer stands only where there is some. */
export function countsLine(counts: Counts, planned: boolean): string {
  const word = (toDo: string, done: string) => (planned ? toDo : done);
  const always = [
    `${counts.create} ${word("to add", "added")}`,
    `${counts.update} ${word("to change", "changed")}`,
    ...(counts.replace > 0 ? [`${counts.replace} ${word("to replace", "replaced")}`] : []),
    `${counts.delete} ${word("to destroy", "destroyed")}`,
  ];
  return [...always, ...rareCounts(counts, planned)].join(", ");
}

/** The same of one stack, without the zeros. */
export function shortCounts(counts: Counts, planned: boolean): string {
  const parts = countsLine(counts, planned)
    .split(", ")
    .filter((part) => !part.startsWith("0 "));
  return parts.length > 0 ? parts.join(", ") : "no resource";
}

export function rareCounts(counts: Counts, planned: boolean): string[] {
  return [
    ...(counts.import > 0 ? [`${counts.import} ${planned ? "to import" : "imported"}`] : []),
    ...(counts.move > 0 ? [`${counts.move} ${planned ? "to move" : "moved"}`] : []),
    ...(counts.forget > 0 ? [`${counts.forget} ${planned ? "to forget" : "forgotten"}`] : []),
  ];
}

const states: Readonly<Record<StackStatus, string>> = {
  "no-changes": "⚪ no changes",
  changes: "🔵 would change",
  applied: "🟢 applied",
  refused: "🛑 refused",
  unreviewed: "🟠 not reviewed",
  outdated: "⚪ left to a newer run",
  locked: "🔒 locked",
  failed: "❌ failed",
};

export function stateOf({ result }: StackReport): string {
  if (result === undefined) return "❓ no result";
  const { counts, status } = result;
  return status === "changes" && counts.delete + counts.replace > 0 ? "🔴 would destroy" : states[status];
}

/** What a person can do about a stack that has a problem. */
export function advice({ result }: StackReport): string | undefined {
  if (result === undefined)
    return "The job may have been cancelled, or its runner lost. Its log tells more; run it again.";
  switch (result.status) {
    case "refused":
      // Without a difference it is a person's word that is missing, and the hint says which.
      if (result.differences.length === 0 && result.error?.hint !== undefined) return result.error.hint;
      return "Nothing of this stack was applied: the plan made for applying holds what nobody reviewed. Bring it into view with a new pull request, or run the operate workflow on this stack and confirm exactly the plan that it shows.";
    case "unreviewed":
      return "Nothing of this stack was applied: there is no reviewed plan of this configuration. Run the operate workflow on this stack and confirm the plan that it shows.";
    case "outdated":
      return "A newer commit of main is deployed already, or its run takes this along; there is nothing to do.";
    case "locked":
      return "Somebody holds the state's lock. Run this again when it is free; a lock that nobody holds any more can be released by the operate workflow.";
    case "failed":
      return result.error?.hint;
    case "no-changes":
    case "changes":
    case "applied":
      return undefined;
    default:
      return result.status satisfies never;
  }
}

export interface ChangeGroup {
  readonly actions: readonly ChangeAction[];
  readonly heading: readonly [planned: string, applied: string];
  /** First characters of a change's first line; diff colours by the first of them. */
  readonly sign: string;
}

/** From what can hurt most to what can least. Reads change nothing and are left out. */
export const changeGroups: readonly ChangeGroup[] = [
  { actions: ["delete"], heading: ["🔴 Destroy", "🔴 Destroyed"], sign: "-" },
  { actions: ["replace"], heading: ["🟠 Replace", "🟠 Replaced"], sign: "-/+" },
  { actions: ["update"], heading: ["🟡 Change", "🟡 Changed"], sign: "!" },
  { actions: ["forget"], heading: ["⚪ Forget", "⚪ Forgotten"], sign: "#" },
  { actions: ["import", "move"], heading: ["⚪ Import or move", "⚪ Imported or moved"], sign: "#" },
  { actions: ["create"], heading: ["🟢 Add", "🟢 Added"], sign: "+" },
];
