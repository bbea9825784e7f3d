import { canonicalJson, unknownValue } from "./canonical-json.ts";
import { type ChangedValue, changedValues } from "./changed-values.ts";
import {
  type ChangeAction,
  noCounts,
  type RenderedChange,
  type StackResult,
} from "./contracts/stack-result.ts";
import type { Plan, PlanAction, PlannedChange } from "./plan-json.ts";
import { maskedValue, scrub } from "./scrub.ts";

/** What a person sees of a plan. Nothing in it is sensitive, and nothing is Terraform's own text. */
export interface RenderedPlan {
  readonly changes: RenderedChange[];
  readonly outputs: StackResult["outputs"];
  readonly counts: StackResult["counts"];
}

const valueLimit = 200;
const lineLimit = 120;

export function renderPlan(plan: Plan): RenderedPlan {
  const changes = plan.changes.map((change) => renderChange(change, plan.secrets));
  const outputs = plan.outputs.map(({ name, actions }) => ({ name, action: actionOf(actions) }));
  return { changes, outputs, counts: countOf(changes) };
}

/** One word for a change: what happens to the object outweighs that it is moved or imported. */
export function changeAction(change: PlannedChange): ChangeAction {
  const { actions } = change;
  if (actions.some((action) => action !== "no-op")) return actionOf(actions);
  return change.importing === undefined ? "move" : "import";
}

function actionOf(actions: readonly PlanAction[]): ChangeAction {
  if (actions.includes("forget")) return actions.includes("create") ? "replace" : "forget";
  if (actions.includes("create")) return actions.includes("delete") ? "replace" : "create";
  if (actions.includes("delete")) return "delete";
  return actions.includes("read") ? "read" : "update";
}

/** Imports and moves are counted beside what else happens to the same resource. */
function countOf(changes: readonly RenderedChange[]): StackResult["counts"] {
  const counts = { ...noCounts };
  for (const { action, diff } of changes) {
    if (action !== "read") counts[action]++;
    if (action !== "import" && diff.some((line) => line.startsWith(importedFrom))) counts.import++;
    if (action !== "move" && diff.some((line) => line.startsWith(movedFrom))) counts.move++;
  }
  return counts;
}

const movedFrom = "  moved from ";
const importedFrom = "  imported from ";

/** Puts a value into words, without anything that is secret. */
type Show = (value: unknown) => string;

function renderChange(change: PlannedChange, secrets: ReadonlySet<string>): RenderedChange {
  const show: Show = (value) => cutText(scrub(display(value), secrets));
  const action = changeAction(change);
  const notes: string[] = [];
  if (change.previousAddress !== undefined) notes.push(`${movedFrom}${change.previousAddress}`);
  if (change.importing !== undefined) notes.push(`${importedFrom}${show(change.importing)}`);
  if (change.deposed !== undefined) notes.push(`  left over from an earlier replacement (${change.deposed})`);
  if (action === "forget") notes.push("  leaves the state; the object itself stays");
  const lines = [...notes, ...valueLines(change, action, show)].map((line) => scrub(line, secrets));
  const address = scrub(change.address, secrets);
  return {
    address: change.deposed === undefined ? address : `${address} (deposed ${change.deposed})`,
    action,
    diff: cutLines(lines),
    forcedBy: change.replacePaths.map((path) => scrub(pathText(path), secrets)).sort(),
  };
}

function valueLines(change: PlannedChange, action: ChangeAction, show: Show): string[] {
  const values = changedValues(change, "readable");
  if (action === "delete" || action === "forget")
    return values
      .filter(({ path }) => isIdentity(path))
      .map((value) => `- ${pathText(value.path)}: ${side(value.before, value, show)}`);
  const unknown =
    action === "create" ? values.filter((value) => value.after === unknownValue && !value.sensitive) : [];
  const forced = new Set(change.replacePaths.map(pathText));
  const known = values.filter((value) => !unknown.includes(value));
  const lines = known.flatMap((value) => {
    const [first = "", ...rest] = valueLine(value, show);
    return [isForced(value.path, forced) ? `${first} # forces replacement` : first, ...rest];
  });
  if (unknown.length > 0)
    lines.push(`+ known after apply: ${unknown.map(({ path }) => pathText(path)).join(", ")}`);
  return lines;
}

function valueLine(value: ChangedValue, show: Show): string[] {
  const name = pathText(value.path);
  if (isAbsent(value.before)) return [`+ ${name}: ${side(value.after, value, show)}`];
  if (value.after !== unknownValue && isAbsent(value.after))
    return [`- ${name}: ${side(value.before, value, show)}`];
  if (!value.sensitive && Array.isArray(value.before) && Array.isArray(value.after))
    return [`~ ${name}:`, ...elementLines(value.before, value.after, show)];
  return [`~ ${name}: ${side(value.before, value, show)} → ${side(value.after, value, show)}`];
}

/** Lists of plain values: which ones go and which come. */
function elementLines(before: readonly unknown[], after: readonly unknown[], show: Show): string[] {
  const old = new Set(before.map(canonicalJson));
  const fresh = new Set(after.map(canonicalJson));
  const lines = [
    ...before.filter((item) => !fresh.has(canonicalJson(item))).map((item) => `-   ${show(item)}`),
    ...after.filter((item) => !old.has(canonicalJson(item))).map((item) => `+   ${show(item)}`),
  ];
  return lines.length > 0 ? lines : [`-   ${show(before)}`, `+   ${show(after)}`];
}

function side(value: unknown, { sensitive }: ChangedValue, show: Show): string {
  if (value === unknownValue) return "(known after apply)";
  return sensitive ? maskedValue : show(value);
}

function cutText(text: string): string {
  const characters = Array.from(text);
  if (characters.length <= valueLimit) return text;
  return `${characters.slice(0, valueLimit).join("")}… (${characters.length} characters)`;
}

function display(value: unknown): string {
  if (value === unknownValue) return "(known after apply)";
  if (Array.isArray(value)) return `[${value.map(display).join(", ")}]`;
  if (typeof value === "object" && value !== null) {
    const members = Object.entries(value).map(([key, part]) => `${JSON.stringify(key)}: ${display(part)}`);
    return `{${members.join(", ")}}`;
  }
  return typeof value === "bigint" ? value.toString() : (JSON.stringify(value) ?? "null");
}

function pathText(path: readonly (string | number)[]): string {
  return path
    .map((step, index) => {
      if (typeof step === "number") return `[${step}]`;
      if (!/^[\w-]+$/.test(step)) return `[${JSON.stringify(step)}]`;
      return index === 0 ? step : `.${step}`;
    })
    .join("");
}

function isForced(path: ChangedValue["path"], forced: ReadonlySet<string>): boolean {
  return path.some((_, index) => forced.has(pathText(path.slice(0, index + 1))));
}

/** What tells a person which object goes. */
const identityNames = ["id", "arn", "name", "bucket"];

function isIdentity(path: ChangedValue["path"]): boolean {
  return path.length === 1 && identityNames.includes(String(path[0]));
}

function cutLines(lines: readonly string[]): string[] {
  if (lines.length <= lineLimit) return [...lines];
  return [...lines.slice(0, lineLimit), `  … and ${lines.length - lineLimit} more lines`];
}

const isAbsent = (value: unknown): boolean => value === undefined || value === null;
