import type { PlanRecord } from "../../shared/src/contracts/plan-record.ts";
import type { Stack } from "../../shared/src/contracts/stack-map.ts";
import type { StackResult } from "../../shared/src/contracts/stack-result.ts";
import { scrub } from "../../shared/src/scrub.ts";
import type { Verdict } from "./review.ts";

const byHand = "To go on, let operate plan the stack, and approve exactly that plan there.";

export interface Judged {
  readonly stack: Stack;
  readonly draft: StackResult;
  readonly verdict: Verdict;
  /** Whether the plan was held to one of this very run. */
  readonly byRun: boolean;
  /** Of the found plan; an address may hold one. */
  readonly secrets: ReadonlySet<string>;
}

/** Notes the verdict in the result. True: go on. */
export function mayApply({ stack, draft, verdict, byRun, secrets }: Judged): boolean {
  const clean = (lines: readonly string[]) => lines.map((line) => scrub(line, secrets));
  const refuse = (status: "refused" | "unreviewed", message: string, hint: string): false => {
    draft.status = status;
    draft.error = { message: `${stack.id}: nothing was applied, because ${message}`, hint };
    return false;
  };
  if (verdict.status === "reviewed") {
    draft.alreadyDone = clean(verdict.alreadyDone);
    return true;
  }
  if (verdict.status === "refused") {
    draft.differences = clean(verdict.differences);
    const first = draft.differences[0] ?? "";
    return refuse(
      "refused",
      `the plan is no longer what was reviewed in ${sourcesOf(verdict.records)}: ${first}`,
      verdict.records.some(({ digest }) => digest === draft.digest)
        ? `The configuration is the same, so what is deployed has changed since. ${byHand}`
        : byHand,
    );
  }
  if (!byRun && stack.environment.unreviewed === "apply") return true;
  if (verdict.status === "spent") {
    draft.differences = clean(verdict.differences);
    return refuse(
      "refused",
      `the reviewed plan is spent: ${verdict.why}. What is found now has come since`,
      byRun ? "Start operate anew, to have today's plan approved." : byHand,
    );
  }
  const reason = verdict.why === undefined ? "" : `, and ${verdict.why}`;
  return refuse(
    "unreviewed",
    byRun
      ? "no job of this run planned it in this configuration"
      : `no pull request has a plan of this configuration${reason}`,
    stack.environment.unreviewed === "refuse"
      ? "Open a pull request that has it planned and reviewed."
      : byHand,
  );
}

function sourcesOf(records: readonly PlanRecord[]): string {
  const numbers = records.flatMap(({ pullRequest }) =>
    pullRequest === undefined ? [] : [`#${pullRequest}`],
  );
  if (numbers.length === 0) return "this run";
  return `pull request${numbers.length > 1 ? "s" : ""} ${numbers.join(" and ")}`;
}
