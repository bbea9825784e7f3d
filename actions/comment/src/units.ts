import type { RenderedChange, StackResult } from "../../shared/src/contracts/stack-result.ts";
import { clip, codeCell, fencedLine } from "../../shared/src/markdown.ts";
import { isProblem, type Report, type RunContext, type StackReport } from "./report.ts";
import { changeGroups, isPlan, rareCounts, stateOf } from "./wording.ts";

/**
 * A part of the comment that is shown whole or left out. What is more important comes first in the list of
 * all; a comment that is too long loses the end of that list.
 */
export type Unit = {
  readonly stack: number;
  /** Made when it is first asked for: most of a long report is never shown. */
  readonly text: () => string;
} & (
  | { readonly kind: "row" | "problem" | "outputs" }
  | { readonly kind: "change" | "diff"; readonly group: number; readonly index: number }
);

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
    text: once(() => row(report, stack)),
  }));
  for (const [stack, { result }] of stacks.entries())
    if (
      result !== undefined &&
      isProblem(stacks[stack] as StackReport) &&
      (result.error !== undefined || result.differences.length > 0)
    )
      units.push({ kind: "problem", stack, text: once(() => problem(result, limits)) });
  const changes = stacks
    .flatMap(({ result }, stack) => placesOf(result?.changes ?? [], stack))
    .toSorted((left, right) => left.group - right.group);
  for (const { change, ...place } of changes)
    units.push({
      kind: "change",
      ...place,
      text: once(() => head(change, changeGroups[place.group]?.sign ?? "", limits.line)),
    });
  for (const { change, ...place } of changes)
    if (change.diff.length > 0)
      units.push({ kind: "diff", ...place, text: once(() => diff(change, limits)) });
  for (const [stack, { result }] of stacks.entries())
    if (result !== undefined && result.outputs.length > 0)
      units.push({ kind: "outputs", stack, text: once(() => outputs(result.outputs, limits)) });
  return units;
}

function placesOf(changes: readonly RenderedChange[], stack: number) {
  return changes.flatMap((change, index) => {
    const group = changeGroups.findIndex(({ actions }) => actions.includes(change.action));
    return group < 0 ? [] : [{ change, stack, group, index }];
  });
}

function once(make: () => string): () => string {
  let made: string | undefined;
  return () => (made ??= make());
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
function problem({ error, differences }: StackResult, limits: UnitLimits): string {
  return lines(differences.length > 0 ? differences : (error?.message.split("\n") ?? []), limits);
}

function head(change: RenderedChange, sign: string, limit: number): string {
  const forced = change.forcedBy.length > 0 ? `   # forced by ${change.forcedBy.join(", ")}` : "";
  const verb = change.action === "import" || change.action === "move" ? `${change.action} ` : "";
  return fencedLine(clip(`${sign} ${verb}${change.address}${forced}`.replaceAll(/\s*\n\s*/g, " "), limit));
}

/** The sign stays in the first column, where diff colours by it; "~" has no colour there and becomes "!". */
function diff({ diff: given }: RenderedChange, limits: UnitLimits): string {
  const rows = given.some((text) => text.includes("\n")) ? given.flatMap((text) => text.split("\n")) : given;
  return lines(rows, limits, (text) => {
    const sign = /^[-+~ ]/.exec(text)?.[0] ?? "";
    return `${sign === "~" ? "!" : sign || " "}   ${text.slice(sign.length)}`;
  });
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
function lines(
  all: readonly string[],
  { part, line }: UnitLimits,
  shape: (text: string) => string = (text) => text,
): string {
  const kept: string[] = [];
  let size = 0;
  for (const text of all) {
    const shown = fencedLine(clip(shape(text), line));
    size += shown.length + 1;
    if (size > part) break;
    kept.push(shown);
  }
  if (kept.length < all.length) kept.push(`    … ${all.length - kept.length} more lines`);
  return kept.join("\n");
}
