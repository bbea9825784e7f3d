import { ActionError } from "../../shared/src/action-error.ts";
import type { Shard } from "../../shared/src/contracts/detection.ts";
import { dashed, type Stack, stateKey } from "../../shared/src/contracts/stack-map.ts";

/**
 * Spreads stacks over at most `maxJobs` jobs: one each while that suffices, otherwise even shares, each of
 * one environment. Every stack is in exactly one shard; the order within an environment is kept. `part`
 * tells the shards of several calls in one run apart.
 */
export function shardsOf(stacks: readonly Stack[], maxJobs: number, part: string): Shard[] {
  if (stacks.length <= maxJobs) return stacks.map((stack) => shardOf([stack], dashed(stack.id)));
  const groups = Map.groupBy(stacks, (stack) => stack.environment.name);
  if (groups.size > maxJobs)
    throw new ActionError(
      `the ${groups.size} environments affected do not fit into max-jobs ${maxJobs}: a job works on one environment`,
      {
        hint: `Raise max-jobs to at least ${groups.size}.`,
      },
    );
  const size = shardSize(
    [...groups.values()].map((group) => group.length),
    maxJobs,
  );
  return [...groups].flatMap(([environment, group]) =>
    // A dot is in no stack's id, so the name cannot be that of a single stack.
    evenParts(group, Math.ceil(group.length / size)).map((share, index) =>
      shardOf(
        share,
        [environment, part, String(index + 1).padStart(3, "0")].filter((word) => word !== "").join("."),
      ),
    ),
  );
}

function shardOf(stacks: readonly Stack[], name: string): Shard {
  const [first] = stacks;
  if (first === undefined) throw new Error("a shard needs a stack");
  const { backend, environment } = first;
  return {
    name,
    environment: environment.name,
    stacks: stacks.map((stack) => stack.id).join(" "),
    group: stacks.length === 1 ? `${backend.bucket}/${stateKey(backend)}`.toLowerCase() : environment.name,
  };
}

/** The least number of stacks a job with which all fit. */
function shardSize(counts: readonly number[], maxJobs: number): number {
  let [low, high] = [1, Math.max(...counts)];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (counts.reduce((jobs, count) => jobs + Math.ceil(count / middle), 0) <= maxJobs) high = middle;
    else low = middle + 1;
  }
  return low;
}

function evenParts<Item>(items: readonly Item[], parts: number): Item[][] {
  return Array.from({ length: parts }, (_, index) =>
    items.slice(Math.floor((index * items.length) / parts), Math.floor(((index + 1) * items.length) / parts)),
  );
}
