import { hold } from "../../../actions/apply/src/hold.ts";
import type { Verdict } from "../../../actions/apply/src/review.ts";
import { ActionError } from "../../../actions/shared/src/action-error.ts";
import {
  type PlanRecord,
  recordKey,
  recordLinkKey,
} from "../../../actions/shared/src/contracts/plan-record.ts";
import { parseStackMap, type Stack } from "../../../actions/shared/src/contracts/stack-map.ts";
import { parsePlan } from "../../../actions/shared/src/plan-json.ts";
import { makePlanRecord } from "../../../actions/shared/src/plan-record.ts";
import type { ObjectStore } from "../../../actions/shared/src/ports/object-store.ts";
import type { StateIdentity } from "../../../actions/shared/src/terraform.ts";
import type { Random } from "../random.ts";
import { meaningOf } from "./meaning.ts";
import { mutate, rewrite } from "./mutate.ts";
import { type PlanDocument, randomPlan } from "./plans.ts";

export type Kind = "found plan" | "record" | "state" | "several records" | "rewritten plan";

export interface Outcome {
  readonly kind: Kind;
  readonly what: string;
  /** Everything in the found plan is what the record says. */
  readonly harmless: boolean;
  readonly applied: boolean;
  /** Why not. */
  readonly reason: string;
}

const stack = theStack();
const lineage = "11111111-2222-3333-4444-555555555555";
const state: StateIdentity = { lineage, serial: 7 };
const digest = (digit: string) => `sha256:${digit.repeat(64)}`;
const commit = (digit: string) => digit.repeat(40);

export async function tryOne(random: Random): Promise<Outcome> {
  const plan = randomPlan(random);
  const kind = random.pick([
    "found plan",
    "found plan",
    "found plan",
    "record",
    "record",
    "record",
    "several records",
    "rewritten plan",
    "state",
  ] satisfies [Kind, ...Kind[]]);
  if (kind === "record") return tryRecord(plan, random);
  if (kind === "state") return tryState(plan, random);
  if (kind === "several records") return trySeveral(plan, random);
  const { document, what } = kind === "found plan" ? mutate(plan, random) : rewrite(plan, random);
  const record = recordOf(plan, random);
  return { kind, what, harmless: isSubset(document, plan), ...(await judge(document, [record])) };
}

async function tryRecord(plan: PlanDocument, random: Random): Promise<Outcome> {
  const record = recordOf(plan, random);
  const { document, what } = mutate(record, random);
  const harmless = saysAll(document, record);
  return {
    kind: "record",
    what,
    harmless,
    ...(await judge(plan, [document], { place: record, foundState: state })),
  };
}

async function tryState(plan: PlanDocument, random: Random): Promise<Outcome> {
  const { document, what } = mutate({ state }, random);
  const harmless = document.state?.lineage === lineage;
  return {
    kind: "state",
    what,
    harmless,
    ...(await judge(plan, [recordOf(plan, random)], { foundState: document.state })),
  };
}

/** Two pull requests, each with a part of the changes, and a main that neither has planned. */
async function trySeveral(plan: PlanDocument, random: Random): Promise<Outcome> {
  const half = random.below(plan.resource_changes.length + 1);
  const part = (from: number, to: number, outputs: PlanDocument["output_changes"]) => ({
    ...plan,
    resource_changes: plan.resource_changes.slice(from, to),
    output_changes: outputs,
  });
  const records = [
    recordOf(part(0, half, plan.output_changes), random, "1"),
    recordOf(part(half, plan.resource_changes.length, {}), random, "2"),
  ];
  const { document, what } = random.chance(0.3) ? rewrite(plan, random) : mutate(plan, random);
  return {
    kind: "several records",
    what,
    // Done by another provider, in another region say, it is another plan; one digest would tell.
    harmless: isSubset(document, plan) && providersOf(document) === providersOf(plan),
    ...(await judge(document, records)),
  };
}

const providersOf = ({ configuration }: Partial<PlanDocument>): string =>
  JSON.stringify(configuration?.provider_config ?? null, (_key, value: unknown) =>
    typeof value === "object" && value !== null && !Array.isArray(value)
      ? Object.fromEntries(Object.entries(value).toSorted(([one], [other]) => one.localeCompare(other)))
      : value,
  );

function isSubset(found: PlanDocument, reviewed: PlanDocument): boolean {
  try {
    const known = meaningOf(reviewed);
    return [...meaningOf(found)].every((line) => known.has(line));
  } catch {
    // What cannot be read was not reviewed.
    return false;
  }
}

/** Whether a changed record still says everything that the true one does. */
function saysAll(changed: PlanRecord, { changes, outputs, ...head }: PlanRecord): boolean {
  const line = (value: unknown) =>
    JSON.stringify(value, (key, part: unknown) => {
      if (key === "actions" && Array.isArray(part)) return part.filter((action) => action !== "no-op");
      if (typeof part !== "object" || part === null || Array.isArray(part)) return part;
      return Object.fromEntries(
        Object.entries(part)
          // A member that this version does not know says nothing; a path of a resource does.
          .filter(([name]) => name.startsWith("/") || !name.endsWith("_2"))
          .sort(([one], [other]) => one.localeCompare(other)),
      );
    });
  const includes = (have: unknown, wanted: readonly unknown[]) => {
    const lines = new Set((Array.isArray(have) ? have : []).map(line));
    return wanted.every((item) => lines.has(line(item)));
  };
  const same = (["version", "stack", "operation", "backend", "digest", "key"] as const).every(
    (name) => line(changed[name]) === line(head[name]),
  );
  const sameState = changed.state === undefined || changed.state?.lineage === head.state?.lineage;
  return (
    same &&
    sameState &&
    changed.pullRequest !== undefined &&
    includes(changed.changes, changes) &&
    includes(changed.outputs, outputs)
  );
}

function recordOf(plan: PlanDocument, random: Random, number = "0"): PlanRecord {
  const { bucket, key, workspace } = stack.backend;
  return makePlanRecord(parsePlan(JSON.stringify(plan)), {
    stack: stack.id,
    operation: "apply",
    backend: { bucket, key, workspace },
    digest: digest(number === "0" ? "d" : number),
    tree: commit("e"),
    commit: commit("c"),
    head: commit(number === "0" ? "a" : number),
    pullRequest: 10 + Number(number),
    state,
    terraform: "1.11.4",
    run: { id: `10${number}`, attempt: 1, workflow: "pull-request" },
    createdAt: "2026-01-02T03:04:05.000Z",
    key: Array.from({ length: 64 }, () => random.below(16).toString(16)).join(""),
  });
}

/** The real decision of apply, with the records where plan puts them. */
async function judge(
  found: PlanDocument,
  records: readonly PlanRecord[],
  { place, foundState }: { readonly place?: PlanRecord; readonly foundState: StateIdentity | undefined } = {
    foundState: state,
  },
): Promise<Pick<Outcome, "applied" | "reason">> {
  const objects = new Map<string, string>();
  for (const record of records) {
    const at = place ?? record;
    objects.set(recordKey(stack.id, at.digest, at.run), JSON.stringify(record));
    objects.set(recordLinkKey(stack.id, at), "{}");
  }
  try {
    const plan = parsePlan(JSON.stringify(found));
    const verdict = await hold({
      found: { stack, operation: "apply", plan, state: foundState },
      digest: digest("d"),
      reviewedIn: { in: "records" },
      marker: undefined,
      range: {
        stack: stack.id,
        upTo: commit("f"),
        store: storeOf(objects),
        history: mergesOf(records.filter((record) => record.digest !== digest("d"))),
        pullRequests: undefined,
        log: () => {},
        concerns: async () => true,
      },
    });
    return { applied: verdict.status === "reviewed", reason: reasonOf(verdict) };
  } catch (error) {
    if (!(error instanceof ActionError)) throw error;
    return { applied: false, reason: error.message };
  }
}

function reasonOf(verdict: Verdict): string {
  if (verdict.status === "refused") return verdict.differences.join("; ");
  return verdict.status === "reviewed" ? "" : `${verdict.status} ${verdict.why ?? ""}`;
}

function storeOf(objects: ReadonlyMap<string, string>): ObjectStore {
  return {
    read: async (key) => {
      const body = objects.get(key);
      return body === undefined ? undefined : { body, etag: "e" };
    },
    list: async (prefix) => [...objects.keys()].filter((key) => key.startsWith(prefix)),
    write: async () => false,
  };
}

/** A main that took in each record's head by a merge commit. */
function mergesOf(records: readonly PlanRecord[]) {
  return {
    commit: async (): Promise<undefined> => undefined,
    isAncestor: async () => false,
    changedFiles: async () => ["app/main.tf"],
    firstParents: async () =>
      records.map(({ head }, index) => ({
        commit: commit(String(6 + index)),
        tree: commit("b"),
        parents: [commit("0"), head],
      })),
  };
}

function theStack(): Stack {
  const map = parseStackMap(
    `
version: 1
project: proof
repository: acme/proof
state: { bucket: state, region: eu-west-1 }
environments:
  stage: { account: "123456789012", region: eu-west-1 }
stacks:
  app: { environment: stage, folder: app, paths: ["app/**"] }
`,
    "stacks.yml",
  );
  return map.stacks.get("app") ?? expectNever();
}

function expectNever(): never {
  throw new Error("the map has no stack");
}
