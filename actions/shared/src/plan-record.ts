import { createHmac } from "node:crypto";
import { canonicalJson, unknownValue } from "./canonical-json.ts";
import { changedValues } from "./changed-values.ts";
import type { PlanRecord, RecordedChange } from "./contracts/plan-record.ts";
import type { Plan, PlannedChange, PlannedOutput } from "./plan-json.ts";

export type RecordedOutput = PlanRecord["outputs"][number];

/** Everything of a record but what the plan itself says. */
export type RecordHeader = Omit<PlanRecord, "version" | "changes" | "outputs" | "providers">;

/** Reduces a plan to what review approves: which paths change, with values as HMACs under the header's key. */
export function makePlanRecord(plan: Plan, header: RecordHeader): PlanRecord {
  return { version: 1, ...header, ...recordPlan(plan, header.key) };
}

/** The same plan under the same key gives the same changes; apply compares by exactly this. */
export function recordPlan(plan: Plan, key: string): Pick<PlanRecord, "changes" | "outputs" | "providers"> {
  const fingerprint = fingerprintUnder(key);
  return {
    providers: fingerprint(plan.providers),
    changes: plan.changes.map((change) => recordChange(change, fingerprint)),
    outputs: plan.outputs.map((output) => recordOutput(output, fingerprint)),
  };
}

type Fingerprint = (value: unknown) => string;

function fingerprintUnder(key: string): Fingerprint {
  const secret = Buffer.from(key, "hex");
  return (value) =>
    value === unknownValue
      ? "unknown"
      : createHmac("sha256", secret).update(canonicalJson(value)).digest("hex");
}

function recordChange(change: PlannedChange, fingerprint: Fingerprint): RecordedChange {
  return {
    address: change.address,
    ...(change.previousAddress === undefined ? {} : { previousAddress: change.previousAddress }),
    ...(change.deposed === undefined ? {} : { deposed: change.deposed }),
    actions: [...change.actions],
    ...(change.importing === undefined ? {} : { importing: fingerprint(change.importing) }),
    values: recordValues(change, fingerprint),
    replacePaths: change.replacePaths.map(jsonPointer).sort(),
  };
}

function recordValues(change: PlannedChange, fingerprint: Fingerprint): RecordedChange["values"] {
  const values: RecordedChange["values"] = {};
  for (const { path, before, after } of changedValues({ ...change, ...sidesOf(change) }, "exact")) {
    values[jsonPointer(path)] = {
      ...(before === undefined ? {} : { before: fingerprint(before) }),
      ...(after === undefined ? {} : { after: fingerprint(after) }),
    };
  }
  return values;
}

/** What is new has no old value, and what goes no new one, whatever a plan has there. */
function sidesOf({ actions, before, after }: PlannedChange): Pick<PlannedChange, "before" | "after"> {
  if (actions.every((action) => action === "delete" || action === "forget"))
    return { before: identityOf(before), after: undefined };
  return { before: actions.every((action) => action === "create") ? undefined : before, after };
}

/** Which object goes, rather than what it looked like on the day: its id and ARN, or all where it has neither. */
function identityOf(before: unknown): unknown {
  const { id, arn } = (before ?? {}) as { readonly id?: unknown; readonly arn?: unknown };
  const identity = { ...(isText(id) ? { id } : {}), ...(isText(arn) ? { arn } : {}) };
  return Object.keys(identity).length > 0 ? identity : before;
}

const isText = (value: unknown): boolean => typeof value === "string" && value !== "";

function recordOutput(
  { name, actions, before, after }: PlannedOutput,
  fingerprint: Fingerprint,
): RecordedOutput {
  return {
    name,
    actions: [...actions],
    before: fingerprint(before ?? null),
    after: fingerprint(after ?? null),
  };
}

/** RFC 6901. */
function jsonPointer(path: readonly (string | number)[]): string {
  return path.map((step) => `/${String(step).replaceAll("~", "~0").replaceAll("/", "~1")}`).join("");
}
