import type { RenderedChange } from "../../shared/src/contracts/stack-result.ts";
import { clip, codeCell, fencedLine } from "../../shared/src/markdown.ts";
import { isProblem, type Report, type RunContext, type StackReport } from "./report.ts";
import { changeGroups, isPlan, rareCounts, stateOf } from "./wording.ts";

/**
 * A part of the comment that is shown whole or left out. What is more important comes first in the list of
 * all; a comment that is too long loses the end of that list.
 */
export type Unit =
  | { readonly kind: "row"; readonly stack: number; readonly text: string }
  | { readonly kind: "problem"; readonly stack: number; readonly text: string }
  | {
      readonly kind: "change";
      readonly stack: number;
      readonly group: number;
      readonly index: number;
      readonly text: string;
    }
  | {
      readonly kind: "diff";
      readonly stack: number;
      readonly group: number;
      readonly index: number;
      readonly text: string;
    }
  | { readonly kind: "outputs"; readonly stack: number; readonly text: string };

export interface UnitLimits {
  /** Characters of one line of a diff. */
  readonly line: number;
  /** Characters of one change's diff, and of one problem. */
  readonly part: number;
}

/** Every unit, the most important first. */
export function unitsOf(report: Report, limits: UnitLimits): Unit[] {
  const { stacks } = report;
  const units: Unit[] = stacks.map((stack, index) => ({
    kind: "row",
    stack: index,
    text: row(report, stack),
  }));
  for (const [index, stack] of stacks.entries()) {
    const text = problem(stack, limits);
    if (text !== "") units.push({ kind: "problem", stack: index, text });
  }
  const changes = changeGroups.map((group, groupIndex) =>
    stacks.flatMap(({ result }, stack) =>
      (result?.changes ?? [])
        .filter((change) => group.actions.includes(change.action))
        .map((change, index) => ({ change, place: { stack, group: groupIndex, index }, sign: group.sign })),
    ),
  );
  for (const group of changes)
    for (const { change, place, sign } of group)
      units.push({ kind: "change", ...place, text: head(change, sign, limits.line) });
  for (const group of changes)
    for (const { change, place } of group) {
      const text = diff(change, limits);
      if (text !== "") units.push({ kind: "diff", ...place, text });
    }
  for (const [index, { result }] of stacks.entries()) {
    const text = outputs(result?.outputs ?? [], limits);
    if (text !== "") units.push({ kind: "outputs", stack: index, text });
  }
  return units;
}

export function showsEnvironment({ stacks }: Report): boolean {
  return new Set(stacks.map(({ environment }) => environment)).size > 1;
}

function row(report: Report, stack: StackReport): string {
  const counts = stack.result?.counts;
  const rare = counts === undefined ? [] : rareCounts(counts, isPlan(report));
  const number = (count: number | undefined) => (count === undefined || count === 0 ? "" : String(count));
  const cells = [
    codeCell(stack.id),
    ...(showsEnvironment(report) ? [codeCell(stack.environment)] : []),
    [stateOf(stack), ...rare].join(", "),
    ...[counts?.create, counts?.update, counts?.replace, counts?.delete].map(number),
    stack.result === undefined ? "" : jobLink("log", stack.result.run.url, report.run),
  ];
  return `| ${cells.join(" | ")} |`;
}

/** A result's address becomes a link only within this repository. */
export function jobLink(text: string, url: string, { serverUrl, repository }: RunContext): string {
  const rest = url.startsWith(`${serverUrl}/${repository}/`) ? url.slice(serverUrl.length) : " ";
  return /^[\w./?=&%#-]+$/.test(rest) ? `[${text}](${url})` : "";
}

/** The lines that say what went wrong with a stack, without the advice. */
function problem(stack: StackReport, { part, line }: UnitLimits): string {
  const { result } = stack;
  if (!isProblem(stack) || result === undefined) return "";
  const error = result.error === undefined ? [] : result.error.message.split("\n");
  return lines([...error, ...result.differences], { part, line });
}

function head(change: RenderedChange, sign: string, limit: number): string {
  const forced = change.forcedBy.length > 0 ? `   # forced by ${change.forcedBy.join(", ")}` : "";
  const verb = change.action === "import" || change.action === "move" ? `${change.action} ` : "";
  return fencedLine(clip(`${sign} ${verb}${change.address}${forced}`.replaceAll(/\s*\n\s*/g, " "), limit));
}

/** The sign stays in the first column, where diff colours by it; "~" has no colour there and becomes "!". */
function diff({ diff: given }: RenderedChange, limits: UnitLimits): string {
  return lines(
    given
      .flatMap((text) => text.split("\n"))
      .map((text) => {
        const sign = /^[+~-]/.exec(text)?.[0] ?? " ";
        return `${sign === "~" ? "!" : sign}   ${sign === " " ? text : text.slice(1)}`;
      }),
    limits,
  );
}

function outputs(
  changed: readonly { readonly name: string; readonly action: string }[],
  limits: UnitLimits,
): string {
  const signs: Readonly<Record<string, string>> = { create: "+", delete: "-" };
  return lines(
    changed.map(({ name, action }) => `${signs[action] ?? "!"} ${name}`),
    limits,
  );
}

/** Lines for a fenced block, within the limits, and a word of how many more there are. */
function lines(all: readonly string[], { part, line }: UnitLimits): string {
  const kept: string[] = [];
  let size = 0;
  for (const text of all) {
    const shown = fencedLine(clip(text, line));
    size += shown.length + 1;
    if (size > part) break;
    kept.push(shown);
  }
  if (kept.length < all.length) kept.push(`    … ${all.length - kept.length} more lines`);
  return kept.join("\n");
}
