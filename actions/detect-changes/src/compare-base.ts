import { join } from "node:path/posix";
import type { RemovedStack } from "../../shared/src/contracts/detection.ts";
import { type Stack, type StackMap, stateKey } from "../../shared/src/contracts/stack-map.ts";
import { filtersOf, PathFilters } from "../../shared/src/path-filters.ts";
import type { SelectedStack, Selection } from "./selection.ts";
import { holeWarning, listed, unmatchedWarning } from "./warnings.ts";

/** What a plain folder consists of; see terraformClosure. */
export interface Reads {
  readonly roots: readonly string[];
  readonly doubts: readonly string[];
}

export interface BaseComparison {
  readonly map: StackMap;
  readonly mapFile: string;
  /** The map at the base; undefined when the base has none that can be read. */
  readonly baseMap: StackMap | undefined;
  readonly changedFiles: readonly string[];
  /** Sorted as git sorts them. */
  readonly trackedFiles: readonly string[];
  readonly headDigest: (stack: Stack) => Promise<string>;
  /** Undefined: there is no base assembly. Digest undefined: it does not hold the stack. */
  readonly baseDigest: ((stack: Stack, map: StackMap) => Promise<string | undefined>) | undefined;
  readonly closure: (folder: string) => Promise<Reads>;
}

type Verdict =
  | { readonly kind: "affected" | "hole" | "unchanged"; readonly reason: string }
  | { readonly kind: "untouched" };

const stacksAtOnce = 8;

/** Path filters lead, synthesis decides; whatever is in doubt is affected. */
export async function compareWithBase(comparison: BaseComparison): Promise<Selection> {
  const { map, baseMap, changedFiles, mapFile } = comparison;
  const filters = new PathFilters([...map.stacks.values()].map(filtersOf));
  const matches = await filters.match(changedFiles);
  const closures = new Map<string, Promise<Reads>>();
  const stacks = [...map.stacks.values()];
  const verdicts: Verdict[] = [];
  for (let start = 0; start < stacks.length; start += stacksAtOnce) {
    const batch = stacks.slice(start, start + stacksAtOnce);
    verdicts.push(
      ...(await Promise.all(
        batch.map((stack) => judge(comparison, stack, matches.get(stack.id) ?? [], closures)),
      )),
    );
  }
  const of = (kinds: readonly Verdict["kind"][]): SelectedStack[] =>
    stacks.flatMap((stack, index) => {
      const verdict = verdicts[index];
      return verdict !== undefined && verdict.kind !== "untouched" && kinds.includes(verdict.kind)
        ? [{ stack, reason: verdict.reason }]
        : [];
    });
  const removed = [...(baseMap?.stacks.values() ?? [])].filter(({ id }) => !map.stacks.has(id));
  return {
    affected: of(["affected", "hole"]),
    unchanged: of(["unchanged"]),
    removed: removed.map(removedStack),
    warnings: [
      ...doubts(comparison),
      ...holeWarning(of(["hole"]), unclaimed(changedFiles, matches), mapFile),
      ...unmatchedWarning(await filters.unmatched(comparison.trackedFiles), mapFile),
      ...removed.map(
        ({ id }) =>
          `Stack ${id} is no longer in the stack map. As long as its state holds resources, this cannot be merged: destroy them first with operate, which needs the entry in the map.`,
      ),
    ],
  };
}

function removedStack({ id, environment, backend, planRole }: Stack): RemovedStack {
  return {
    id,
    environment: environment.name,
    state: { bucket: backend.bucket, key: stateKey(backend), region: backend.region },
    region: environment.region,
    ...(planRole === undefined ? {} : { planRole }),
  };
}

async function judge(
  comparison: BaseComparison,
  stack: Stack,
  matched: readonly string[],
  closures: Map<string, Promise<Reads>>,
): Promise<Verdict> {
  const before = comparison.baseMap?.stacks.get(stack.id);
  if (comparison.baseMap === undefined)
    return { kind: "affected", reason: "the base has no stack map that can be read" };
  if (before === undefined) return { kind: "affected", reason: "new in the stack map" };
  const changedKeys = changedEntry(before, stack);
  if (changedKeys.length > 0)
    return { kind: "affected", reason: `its ${listed(changedKeys)} changed in the stack map` };
  return stack.synthesized
    ? await judgeSynthesized(comparison, { stack, before, baseMap: comparison.baseMap }, matched)
    : await judgePlain(comparison, stack, matched, closures);
}

interface Both {
  readonly stack: Stack;
  readonly before: Stack;
  readonly baseMap: StackMap;
}

async function judgeSynthesized(
  { baseDigest, headDigest }: BaseComparison,
  { stack, before, baseMap }: Both,
  matched: readonly string[],
): Promise<Verdict> {
  const changed = `${listed(matched)} changed`;
  if (baseDigest === undefined)
    return {
      kind: "affected",
      reason: matched.length > 0 ? changed : "no synthesis of the base to compare with",
    };
  const [digest, digestBefore] = await Promise.all([headDigest(stack), baseDigest(before, baseMap)]);
  if (digestBefore === undefined)
    return { kind: "affected", reason: "the synthesis of the base does not hold it" };
  if (digest === digestBefore)
    return matched.length > 0
      ? { kind: "unchanged", reason: `${changed}, its configuration did not` }
      : { kind: "untouched" };
  return matched.length > 0
    ? { kind: "affected", reason: changed }
    : { kind: "hole", reason: "its configuration differs, though no path filter matched" };
}

async function judgePlain(
  { changedFiles, closure }: BaseComparison,
  stack: Stack,
  matched: readonly string[],
  closures: Map<string, Promise<Reads>>,
): Promise<Verdict> {
  if (matched.length > 0) return { kind: "affected", reason: `${listed(matched)} changed` };
  if (changedFiles.length === 0) return { kind: "untouched" };
  const reads = closures.get(stack.folder) ?? closure(stack.folder);
  closures.set(stack.folder, reads);
  const { roots, doubts: unsure } = await reads;
  const backendFiles = stack.backendConfig.filter((argument) => !argument.includes("="));
  const outside = [
    ...roots.filter((root) => root !== stack.folder),
    ...backendFiles.map((file) => join(stack.folder, file)),
  ];
  const readAndChanged = filesWithin(changedFiles, new Set(outside));
  if (readAndChanged.length > 0)
    return { kind: "affected", reason: `it reads ${listed(readAndChanged)}, which changed` };
  if (unsure.length > 0) return { kind: "affected", reason: `what it reads cannot be told: ${unsure[0]}` };
  return { kind: "untouched" };
}

/** The files that are one of the roots or lie below one. */
function filesWithin(files: readonly string[], roots: ReadonlySet<string>): string[] {
  if (roots.has(".")) return [...files];
  return files.filter((file) => {
    for (let end = file.indexOf("/"); end > 0; end = file.indexOf("/", end + 1))
      if (roots.has(file.slice(0, end))) return true;
    return roots.has(file);
  });
}

/** Keys that decide what a stack deploys and as whom; the order and the filters of stacks do not. */
function changedEntry(before: Stack, after: Stack): string[] {
  const entry = (stack: Stack) => ({
    environment: [stack.environment.name, stack.environment.account, stack.environment.region],
    folder: [stack.folder, stack.synthesized],
    state: stack.backend,
    roles: [stack.planRole, stack.applyRole],
    "var-files": stack.varFiles,
    "backend-config": stack.backendConfig,
    env: stack.env,
  });
  const [old, now] = [entry(before), entry(after)];
  return Object.entries(now).flatMap(([key, value]) =>
    JSON.stringify(value) === JSON.stringify(old[key as keyof typeof old]) ? [] : [key],
  );
}

function doubts({ map, baseMap, baseDigest }: BaseComparison): string[] {
  const synthesized = [...map.stacks.values()].some((stack) => stack.synthesized);
  if (baseMap === undefined)
    return ["The base has no stack map that can be read, so every stack counts as affected."];
  return synthesized && baseDigest === undefined
    ? ["There is no synthesis of the base to compare with, so every synthesized stack counts as affected."]
    : [];
}

function unclaimed(files: readonly string[], matches: ReadonlyMap<string, readonly string[]>): string[] {
  const claimed = new Set([...matches.values()].flat());
  const free = files.filter((file) => !claimed.has(file));
  return free.length > 0 ? free : [...files];
}
