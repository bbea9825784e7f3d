import { ActionError } from "../../shared/src/action-error.ts";
import type { Detection } from "../../shared/src/contracts/detection.ts";
import type { Stack, StackMap } from "../../shared/src/contracts/stack-map.ts";
import { didYouMean } from "../../shared/src/suggest.ts";

export interface SelectedStack {
  readonly stack: Stack;
  /** For a person. */
  readonly reason: string;
}

export interface Selection {
  readonly affected: readonly SelectedStack[];
  readonly unchanged: readonly SelectedStack[];
  readonly removed: Detection["removed"];
  readonly warnings: readonly string[];
  /** Commit that was compared with. */
  readonly base?: string;
}

/** Every stack, on a doubt that concerns all of them. */
export function everyStack(map: StackMap, reason: string): Selection {
  return {
    affected: [...map.stacks.values()].map((stack) => ({ stack, reason })),
    unchanged: [],
    removed: [],
    warnings: [reason],
  };
}

/** Exactly the stacks that were named; "*" names all. */
export function namedStacks(map: StackMap, names: readonly string[]): Selection {
  const known = [...map.stacks.keys()];
  const faults = names
    .filter((name) => name !== "*" && !map.stacks.has(name))
    .map(
      (name) =>
        `input "stacks": the stack map has no stack ${JSON.stringify(name)}, ${didYouMean(name, known)}`,
    );
  if (faults.length > 0)
    throw new ActionError(faults.join("\n"), {
      hint: "Nothing was selected. Name stacks by their id in the stack map, or all by *.",
    });
  const wanted = new Set(names.includes("*") ? known : names);
  const affected = [...map.stacks.values()]
    .filter((stack) => wanted.has(stack.id))
    .map((stack) => ({ stack, reason: names.includes("*") ? "all were asked for" : "asked for" }));
  return { affected, unchanged: [], removed: [], warnings: [] };
}
