import { Inputs as ApplyInputs } from "../../../actions/apply/src/inputs.ts";
import { run as apply } from "../../../actions/apply/src/run.ts";
import { Inputs as DetectInputs } from "../../../actions/detect-changes/src/inputs.ts";
import { run as detect } from "../../../actions/detect-changes/src/run.ts";
import { Inputs as PlanInputs } from "../../../actions/plan/src/inputs.ts";
import { run as plan } from "../../../actions/plan/src/run.ts";
import type { Detection } from "../../../actions/shared/src/contracts/detection.ts";
import type { StackResult } from "../../../actions/shared/src/contracts/stack-result.ts";
import { concerns } from "../../../actions/shared/src/path-filters.ts";
import type { Plan } from "../../../actions/shared/src/plan-json.ts";
import type { ObjectStore } from "../../../actions/shared/src/ports/object-store.ts";
import type { RunContext } from "../../../actions/shared/src/ports/run-context.ts";
import type { WorkflowEvent } from "../../../actions/shared/src/workflow-event.ts";
import { fakeTerraform, type Mishap } from "./fake-terraform.ts";
import { digestOf, hash, type Tree } from "./history.ts";
import type { Job } from "./turns.ts";
import { mapText, type World } from "./world.ts";

/** The real code of the actions, connected to a world in memory. Each throws as the action's step would fail. */

export interface Step {
  readonly world: World;
  readonly job: Job;
  readonly runId: number;
  readonly attempt: number;
}

function inputs<Schema extends { readonly shape: object; parse(given: object): unknown }>(
  schema: Schema,
  given: Readonly<Record<string, string>>,
): ReturnType<Schema["parse"]> {
  const empty = Object.fromEntries(Object.keys(schema.shape).map((name) => [name, ""]));
  return schema.parse({ ...empty, ...given }) as ReturnType<Schema["parse"]>;
}

/** What detect-changes finds in a checkout of `commit`. */
export async function detectStep(
  { world, job }: Step,
  event: WorkflowEvent,
  { commit, given }: { readonly commit: string; readonly given: Readonly<Record<string, string>> },
): Promise<Detection> {
  const { history } = world;
  const tree = history.tree(commit);
  let found: Detection | undefined;
  await detect(inputs(DetectInputs, given), {
    event,
    git: gitOf(world, commit),
    readFile: async () => mapText,
    headDigest: async (stack) => digestOf(tree, stack.folder),
    baseDigest: undefined,
    closure: async (folder) => ({ roots: [folder], doubts: [] }),
    openMarkers: () => async () => async (stack) => {
      await job.turn();
      return (await world.store.read(`deployments/${stack}.json`))?.body;
    },
    writeDetection: async (_, detection) => {
      found = detection;
    },
    writeSummary: async () => {},
    warn: () => {},
    log: () => {},
  });
  if (found === undefined) throw new Error("detect-changes wrote nothing");
  return found;
}

/** A checkout of `commit` with the whole history, and main as it was when it was made. */
function gitOf({ history, main }: World, commit: string) {
  const name = (revision: string) => {
    if (revision === "HEAD") return commit;
    return revision === "refs/remotes/origin/main" ? main : revision;
  };
  const treeName = (tree: Tree) => hash(JSON.stringify(Object.entries(tree).sort()));
  const treeOf = (of: string) => treeName(history.tree(name(of)));
  return {
    firstParents: async (after: string | undefined, upTo: string) =>
      history
        .firstParents(after, upTo)
        .map((each) => ({ commit: each, tree: treeOf(each), parents: [...history.parents(each)] })),
    // Here every commit counts as some branch's head.
    branchHeads: async () => history.all(),
    mergedTree: async (ours: string, theirs: string) => {
      const merged = history.mergedTree(name(ours), name(theirs));
      return merged === undefined ? undefined : treeName(merged);
    },
    commit: async (revision: string) => (history.has(name(revision)) ? name(revision) : undefined),
    parents: async (of: string) => [...history.parents(of)],
    mergeBase: async (left: string, right: string) => history.mergeBase(name(left), name(right)),
    isShallow: async () => false,
    isAncestor: async (ancestor: string, of: string) => history.isAncestor(name(ancestor), name(of)),
    changedFiles: async (base: string, head: string) => history.changedFiles(name(base), name(head)),
    trackedFiles: async () => Object.keys(history.tree(commit)),
    showFile: async (at: string, path: string) => history.tree(name(at))[path],
    treeOf: async (of: string) => treeOf(of),
  };
}

interface Work extends Step {
  readonly detection: Detection;
  readonly mishap?: Mishap | undefined;
  readonly applying?: (plan: Plan) => void;
  /** Told of a plan whose record is kept. */
  readonly recorded?: (plan: Plan) => void;
}

function shardDeps(step: Work, seen: { plan: Plan | undefined; result: StackResult | undefined }) {
  const { world, job, runId, attempt, detection } = step;
  const tree = world.history.tree(detection.commit);
  let interrupted = false;
  const context: RunContext = {
    run: {
      id: String(runId),
      attempt,
      url: `https://github.com/acme/demo/actions/runs/${runId}`,
      workflow: "",
    },
    commit: detection.commit,
    head: detection.head,
    base: detection.base,
    pullRequest: detection.pullRequest,
  };
  return {
    map: world.map,
    context,
    terraform: fakeTerraform({
      world,
      job,
      tree,
      mishap: step.mishap,
      planned: (plan) => {
        seen.plan = plan;
      },
      applying: step.applying ?? (() => {}),
      cancelled: () => {
        interrupted = true;
      },
    }),
    clock: { now: () => world.now(), sleep: () => job.turn() },
    log: () => {},
    interrupted: () => interrupted,
    saveResult: async (result: StackResult) => {
      await job.turn();
      seen.result = result;
    },
    credentials: async () => undefined,
    openStore: async () =>
      inTurns(world.store, job, (key) => {
        if (key.startsWith("records/") && seen.plan !== undefined) step.recorded?.(seen.plan);
      }),
    readLock: async () => ({ status: "free" as const }),
    digest: async () => digestOf(tree, world.stack.folder),
    providerLock: async () => undefined,
    treeOf: gitOf(world, detection.commit).treeOf,
    history: gitOf(world, detection.commit),
    // As of the checkout, a moment before; whatever is pushed later takes longer to get to its detection.
    mainHead: async () => world.main,
    concerns,
    randomKey: () => hash(world.name("key")),
    inFlight: () => {},
    summary: async () => {},
  };
}

function inTurns(store: ObjectStore, job: Job, wrote: (key: string) => void): ObjectStore {
  return {
    read: async (key) => {
      await job.turn();
      return store.read(key);
    },
    list: async (prefix) => {
      await job.turn();
      return store.list(prefix);
    },
    write: async (key, body, condition) => {
      await job.turn();
      const written = await store.write(key, body, condition);
      if (written) wrote(key);
      return written;
    },
  };
}

export interface Planned {
  readonly result: StackResult;
  readonly plan: Plan;
}

/** Plans the stack; undefined: the step failed. */
export async function planStep(
  step: Work,
  given: Readonly<Record<string, string>> = {},
): Promise<Planned | undefined> {
  const seen: { plan: Plan | undefined; result: StackResult | undefined } = {
    plan: undefined,
    result: undefined,
  };
  await plan(inputs(PlanInputs, { stacks: "app", ...given }), shardDeps(step, seen)).catch(failed(step));
  const { plan: made, result } = seen;
  const planned = result?.status === "changes" || result?.status === "no-changes";
  return made !== undefined && result !== undefined && planned ? { plan: made, result } : undefined;
}

/** Applies the stack; what became of it is in the result. Undefined: killed before it could tell. */
export async function applyStep(
  step: Work,
  given: Readonly<Record<string, string>> = {},
): Promise<StackResult | undefined> {
  const seen: { plan: Plan | undefined; result: StackResult | undefined } = {
    plan: undefined,
    result: undefined,
  };
  await apply(inputs(ApplyInputs, { stacks: "app", ...given }), shardDeps(step, seen)).catch(failed(step));
  return seen.result;
}

/** A step that fails has told why in its result; a fault of this proof itself goes on. */
function failed({ job }: Step): (error: unknown) => void {
  return (error) => {
    if (job.killed || (error instanceof Error && error.name === "FailedWithOutputs")) return;
    throw error;
  };
}
