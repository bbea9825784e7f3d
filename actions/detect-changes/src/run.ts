import { ActionError } from "../../shared/src/action-error.ts";
import type { DetectedStack, Detection, Shard } from "../../shared/src/contracts/detection.ts";
import { parseStackMap, type Stack, type StackMap } from "../../shared/src/contracts/stack-map.ts";
import { maxWaves } from "../../shared/src/contracts/waves.ts";
import type { WorkflowEvent } from "../../shared/src/workflow-event.ts";
import { findBase, type History } from "./base-commit.ts";
import { compareWithBase, type Reads } from "./compare-base.ts";
import { compareWithMarkers, type MarkerComparison } from "./compare-markers.ts";
import type { Inputs } from "./inputs.ts";
import { everyStack, namedStacks, type SelectedStack, type Selection } from "./selection.ts";
import { shardsOf } from "./shards.ts";
import { summaryOf } from "./summary.ts";

export interface Repository extends History {
  changedFiles(base: string, head: string): Promise<string[]>;
  trackedFiles(): Promise<string[]>;
  showFile(commit: string, path: string): Promise<string | undefined>;
}

export interface Deps {
  readonly event: WorkflowEvent;
  readonly git: Repository;
  /** Text of a file of the workspace. */
  readonly readFile: (path: string) => Promise<string>;
  readonly headDigest: (stack: Stack) => Promise<string>;
  /** Undefined when the base was not synthesized. */
  readonly baseDigest: ((stack: Stack, map: StackMap) => Promise<string | undefined>) | undefined;
  readonly closure: (folder: string) => Promise<Reads>;
  readonly openMarkers: (store: StackMap["store"]) => MarkerComparison["openMarkers"];
  readonly writeDetection: (path: string, detection: Detection) => Promise<void>;
  readonly writeSummary: (markdown: string) => Promise<void>;
  readonly warn: (text: string) => void;
  readonly log: (text: string) => void;
}

export const outputNames = [
  "affected",
  "removed",
  "count",
  "matrix",
  "wave-1",
  "wave-2",
  "wave-3",
  "wave-4",
  "wave-5",
  "detection",
  "trusted",
  "untrusted-reason",
] as const;

/** Finds the affected stacks, and spreads them over jobs. */
export async function run(
  inputs: Inputs,
  deps: Deps,
): Promise<Partial<Record<(typeof outputNames)[number], string>>> {
  const head = await deps.git.commit("HEAD");
  if (head === undefined)
    throw new ActionError("the workspace has no commit checked out", { hint: "Run actions/checkout first." });
  const map = parseStackMap(await deps.readFile(inputs.map), inputs.map);
  const selection = await select(inputs, deps, { map, head });
  const { event } = deps;
  const untrusted = event.name === "pull_request" ? event.untrusted : undefined;
  const detection = detectionOf(selection, { event, head, untrusted });
  await deps.writeDetection(inputs.detection, detection);
  await deps.writeSummary(summaryOf(selection, detection));
  for (const warning of selection.warnings) deps.warn(warning);
  if (untrusted !== undefined) deps.warn(untrusted);
  const stacks = selection.affected.map(({ stack }) => stack);
  deps.log(`${selection.affected.length} of ${map.stacks.size} stacks are affected.`);
  return {
    ...shardOutputs(untrusted === undefined ? stacks : [], inputs["max-jobs"]),
    affected: JSON.stringify(stacks.map(({ id }) => id)),
    removed: JSON.stringify(selection.removed.map(({ id }) => id)),
    count: String(stacks.length),
    detection: inputs.detection,
    trusted: String(untrusted === undefined),
    "untrusted-reason": untrusted ?? "",
  };
}

async function select(
  inputs: Inputs,
  deps: Deps,
  { map, head }: { readonly map: StackMap; readonly head: string },
): Promise<Selection> {
  if (inputs.stacks.length > 0) return namedStacks(map, inputs.stacks);
  const compare = inputs.compare === "auto" ? comparisonFor(deps.event) : inputs.compare;
  if (compare === "markers") {
    return await compareWithMarkers({
      map,
      digest: deps.headDigest,
      doubts: async (stack) => (await deps.closure(stack.folder)).doubts,
      openMarkers: deps.openMarkers(map.store),
    });
  }
  const found = await findBase(deps.git, deps.event, head);
  if ("doubt" in found) return everyStack(map, found.doubt);
  const selection = await compareWithBase({
    map,
    mapFile: inputs.map,
    baseMap: await mapAt(found.base, inputs.map, deps),
    changedFiles: await deps.git.changedFiles(found.base, head),
    trackedFiles: await deps.git.trackedFiles(),
    headDigest: deps.headDigest,
    baseDigest: deps.baseDigest,
    closure: deps.closure,
  });
  return { ...selection, base: found.base };
}

function comparisonFor(event: WorkflowEvent): "base" | "markers" {
  if (event.name === "pull_request" || event.name === "merge_group") return "base";
  if (event.name !== "workflow_dispatch") return "markers";
  throw new ActionError('input "stacks": is required when the workflow is started by hand', {
    hint: "Name the stacks, or set `compare: markers` to take what differs from what is deployed.",
  });
}

async function mapAt(commit: string, file: string, { git, log }: Deps): Promise<StackMap | undefined> {
  const text = await git.showFile(commit, file);
  if (text === undefined) return undefined;
  try {
    return parseStackMap(text, `${file} at ${commit.slice(0, 7)}`);
  } catch (error) {
    if (!(error instanceof ActionError)) throw error;
    log(error.message);
    return undefined;
  }
}

function detectionOf(
  selection: Selection,
  {
    event,
    head,
    untrusted,
  }: { readonly event: WorkflowEvent; readonly head: string; readonly untrusted: string | undefined },
): Detection {
  const pullRequest = event.name === "pull_request" ? event : undefined;
  return {
    version: 1,
    event: event.name,
    commit: head,
    head: pullRequest?.headSha ?? head,
    ...(selection.base === undefined ? {} : { base: selection.base }),
    ...(pullRequest === undefined ? {} : { pullRequest: pullRequest.number }),
    // Every stack named here is held to a result, and a run without credentials has none.
    affected: untrusted === undefined ? selection.affected.map(detected) : [],
    unchanged: selection.unchanged.map(detected),
    removed: selection.removed,
    warnings: [...selection.warnings],
    ...(untrusted === undefined ? {} : { untrusted }),
  };
}

function detected({ stack, reason }: SelectedStack): DetectedStack {
  return { id: stack.id, environment: stack.environment.name, wave: stack.wave, reason };
}

function shardOutputs(stacks: readonly Stack[], maxJobs: number): Record<string, string> {
  const matrix = shardsOf(
    stacks.toSorted((left, right) => left.wave - right.wave),
    maxJobs,
    "",
  );
  const waves = Array.from({ length: maxWaves }, (_, index): [string, Shard[]] => {
    const inWave = stacks.filter((stack) => stack.wave === index + 1);
    return [`wave-${index + 1}`, shardsOf(inWave, maxJobs, `wave-${index + 1}`)];
  });
  return Object.fromEntries(
    [["matrix", matrix] as const, ...waves].map(([name, shards]) => [name, JSON.stringify(shards)]),
  );
}
