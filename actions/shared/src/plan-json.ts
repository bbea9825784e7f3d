import { z } from "zod";
import { ActionError } from "./action-error.ts";
import { isObject, parseExactJson, unknownValue } from "./canonical-json.ts";
import { configurationOf, moduleSchema } from "./plan-configuration.ts";
import { collectWholes, markCopies } from "./sensitive-copies.ts";

/**
 * What `terraform show -json` says of a plan, parsed and reduced to what would happen: no no-ops, no reads.
 * It holds sensitive values in the clear and so never leaves the process.
 */

export type PlanAction = "no-op" | "create" | "read" | "update" | "delete" | "forget";

/** A value before and after, with the marks that Terraform keeps in trees of the same shape. */
export interface ValueChange {
  readonly before: unknown;
  /** Unknown parts are {@link unknownValue}. */
  readonly after: unknown;
  /** `true` where the value or part of it is sensitive. */
  readonly beforeSensitive: unknown;
  readonly afterSensitive: unknown;
}

export interface PlannedChange extends ValueChange {
  readonly address: string;
  /** Set for a move. */
  readonly previousAddress: string | undefined;
  readonly deposed: string | undefined;
  readonly type: string;
  readonly actions: readonly PlanAction[];
  readonly replacePaths: readonly (readonly (string | number)[])[];
  /** Id or identity that an import takes in, {@link unknownValue} when it is not known; undefined: no import. */
  readonly importing: unknown;
  /** Names of the arguments that the configuration gives; undefined: it holds no such resource. */
  readonly configured?: ReadonlySet<string> | undefined;
  /** Whether the configuration runs programs with it, which no plan shows. */
  readonly provisioned?: boolean;
}

export interface PlannedOutput extends ValueChange {
  readonly name: string;
  readonly actions: readonly PlanAction[];
}

export interface Plan {
  readonly changes: readonly PlannedChange[];
  readonly outputs: readonly PlannedOutput[];
  /** Configuration of the providers, as the plan has it; undefined: none. */
  readonly providers?: unknown;
  /** Every sensitive text in it, for masking. */
  readonly secrets: ReadonlySet<string>;
}

export const emptyPlan: Plan = { changes: [], outputs: [], providers: undefined, secrets: new Set() };

export function isEmpty(plan: Plan): boolean {
  return plan.changes.length === 0 && plan.outputs.length === 0;
}

const actions = z.array(z.enum(["no-op", "create", "read", "update", "delete", "forget"]));
const marks = {
  before: z.unknown().optional(),
  after: z.unknown().optional(),
  after_unknown: z.unknown().optional(),
  before_sensitive: z.unknown().optional(),
  after_sensitive: z.unknown().optional(),
};
const resourceChange = z.object({
  address: z.string(),
  previous_address: z.string().optional(),
  mode: z.string(),
  type: z.string(),
  deposed: z.string().optional(),
  change: z.object({
    actions,
    ...marks,
    replace_paths: z.array(z.array(z.union([z.string(), z.number()]))).optional(),
    importing: z
      .object({
        id: z.string().optional(),
        identity: z.unknown().optional(),
        unknown: z.boolean().optional(),
      })
      .nullish(),
  }),
});
const planSchema = z.object({
  format_version: z.string(),
  errored: z.boolean().optional(),
  resource_changes: z.array(resourceChange).default([]),
  output_changes: z.record(z.string(), z.object({ actions, ...marks })).default({}),
  action_invocations: z.array(z.unknown()).default([]),
  variables: z.record(z.string(), z.object({ value: z.unknown().optional() })).default({}),
  configuration: z
    .object({ root_module: moduleSchema.optional(), provider_config: z.unknown().optional() })
    .optional(),
});

type PlanDocument = z.infer<typeof planSchema>;
type ResourceChange = z.infer<typeof resourceChange>;

/** Parses the output of `terraform show -json <plan>`; an unknown major version of the format is refused. */
export function parsePlan(text: string): Plan {
  const document = readDocument(text);
  if (!/^1(\.|$)/.test(document.format_version))
    throw unreadable(`format version ${document.format_version}`);
  if (document.errored === true) throw unreadable("the plan is incomplete, because planning failed");
  if (document.action_invocations.length > 0)
    throw unreadable("it invokes actions, which no review can hold yet");
  const configurationAt = configurationOf(document.configuration?.root_module);
  const wholes = wholesIn(document);
  return {
    changes: document.resource_changes
      .filter(isEffective)
      .map((resource) => ({ ...plannedChange(resource, wholes), ...configurationAt(resource.address) })),
    outputs: Object.entries(document.output_changes)
      .filter(([, output]) => output.actions.some((action) => action !== "no-op" && action !== "read"))
      .map(([name, output]) => ({ name, actions: output.actions, ...valueChange(output, wholes) })),
    providers: document.configuration?.provider_config,
    secrets: secretsOf(document),
  };
}

/** Every sensitive text, also of a plan that is not complete. */
export function secretsIn(text: string): ReadonlySet<string> {
  return secretsOf(readDocument(text));
}

function readDocument(text: string): PlanDocument {
  const parsed = planSchema.safeParse(readJson(text));
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0];
  throw unreadable(`${issue?.path.join(".") ?? ""}: ${issue?.message ?? "unknown shape"}`);
}

function readJson(text: string): unknown {
  try {
    return parseExactJson(text);
  } catch (cause) {
    // The parser's own message would quote the plan.
    throw unreadable(
      `no valid JSON (${text.length} characters)`,
      cause instanceof SyntaxError ? undefined : cause,
    );
  }
}

function unreadable(what: string, cause?: unknown): ActionError {
  return new ActionError(`The plan cannot be read: ${what}`, {
    hint: "Nothing was applied. Use a version of Terraform that this version of the action knows (1.10 or later).",
    cause,
  });
}

function isEffective({ mode, previous_address, change }: ResourceChange): boolean {
  if (mode === "data") return false;
  if (previous_address !== undefined || (change.importing ?? undefined) !== undefined) return true;
  return change.actions.some((action) => action !== "no-op" && action !== "read");
}

function plannedChange(
  resource: ResourceChange,
  wholes: ReadonlySet<string>,
): Omit<PlannedChange, "configured" | "provisioned"> {
  const importing = resource.change.importing ?? undefined;
  return {
    address: resource.address,
    previousAddress: resource.previous_address,
    deposed: resource.deposed,
    type: resource.type,
    actions: resource.change.actions,
    replacePaths: resource.change.replace_paths ?? [],
    importing:
      importing &&
      (importing.unknown === true ? unknownValue : (importing.id ?? importing.identity ?? unknownValue)),
    ...valueChange(resource.change, wholes),
  };
}

type Marked = { readonly [Mark in keyof typeof marks]?: unknown };

function valueChange(change: Marked, wholes: ReadonlySet<string>): ValueChange {
  return {
    before: change.before,
    after: withUnknown(change.after, change.after_unknown),
    beforeSensitive: markCopies(change.before, change.before_sensitive, wholes),
    afterSensitive: markCopies(change.after, change.after_sensitive, wholes),
  };
}

/** Puts {@link unknownValue} wherever the parallel tree says `true`. */
function withUnknown(value: unknown, unknown: unknown): unknown {
  if (unknown === true) return unknownValue;
  if (Array.isArray(unknown)) {
    const items: readonly unknown[] = Array.isArray(value) ? value : [];
    const length = Math.max(items.length, unknown.length);
    return length === 0
      ? value
      : Array.from({ length }, (_, index) => withUnknown(items[index], unknown[index]));
  }
  if (isObject(unknown) && Object.keys(unknown).length > 0) {
    const members = isObject(value) ? value : {};
    const keys = new Set([...Object.keys(members), ...Object.keys(unknown)]);
    return Object.fromEntries([...keys].map((key) => [key, withUnknown(members[key], unknown[key])]));
  }
  return value;
}

/** Shorter texts are no secrets worth the name, and masking them would shred everything else. */
const shortestSecret = 4;

const changesIn = (document: PlanDocument): readonly Marked[] => [
  ...document.resource_changes.map(({ change }) => change),
  ...Object.values(document.output_changes),
];

function wholesIn(document: PlanDocument): ReadonlySet<string> {
  const wholes = new Set<string>();
  for (const change of changesIn(document)) {
    collectWholes(change.before, change.before_sensitive, wholes);
    collectWholes(change.after, change.after_sensitive, wholes);
  }
  return wholes;
}

function secretsOf(document: PlanDocument): ReadonlySet<string> {
  const secrets = new Set<string>();
  for (const change of changesIn(document)) {
    collectTexts(change.before, change.before_sensitive, secrets);
    collectTexts(change.after, change.after_sensitive, secrets);
  }
  const declared = document.configuration?.root_module?.variables ?? {};
  for (const [name, { value }] of Object.entries(document.variables))
    collectTexts(value, declared[name]?.sensitive === true, secrets);
  return secrets;
}

function collectTexts(value: unknown, sensitive: unknown, into: Set<string>): void {
  if (typeof value === "string") {
    if (sensitive === true && value.length >= shortestSecret) into.add(value);
  } else if (Array.isArray(value)) {
    for (const [index, item] of value.entries()) collectTexts(item, partOf(sensitive, index), into);
  } else if (isObject(value)) {
    for (const [key, item] of Object.entries(value)) collectTexts(item, partOf(sensitive, key), into);
  }
}

/** The mark of a part: a mark on the whole covers every part. */
export function partOf(sensitive: unknown, key: string | number): unknown {
  if (sensitive === true) return true;
  if (Array.isArray(sensitive)) return sensitive[Number(key)];
  return isObject(sensitive) ? sensitive[key] : undefined;
}

export function hasUnknown(value: unknown): boolean {
  if (value === unknownValue) return true;
  if (Array.isArray(value)) return value.some(hasUnknown);
  return isObject(value) && Object.values(value).some(hasUnknown);
}

export function anySensitive(sensitive: unknown): boolean {
  if (sensitive === true) return true;
  if (Array.isArray(sensitive)) return sensitive.some(anySensitive);
  return isObject(sensitive) && Object.values(sensitive).some(anySensitive);
}
