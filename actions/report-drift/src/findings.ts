import type { DetectedStack, Detection } from "../../shared/src/contracts/detection.ts";
import { type StackResult, stackResultSchema } from "../../shared/src/contracts/stack-result.ts";

export interface Findings {
  /** Planned changes that no commit explains. */
  readonly drifted: readonly StackResult[];
  /** Ids of stacks that are as their configuration says. */
  readonly clean: readonly string[];
  /** On main and not deployed; their plans show more than drift, so nothing is said of that. */
  readonly undeployed: readonly DetectedStack[];
  /** Stacks of which nothing is known, and why. */
  readonly unchecked: readonly { readonly stack: string; readonly why: string }[];
}

/** Tells drift from what is merely not deployed, and from what could not be looked at. */
export function findingsOf(detection: Detection, undeployed: Detection, texts: readonly string[]): Findings {
  const results = new Map(
    texts
      .flatMap(parseResult)
      .flatMap((result) => (result.commit === detection.commit ? [[result.stack, result]] : [])),
  );
  // `unchanged` holds what was destroyed by hand: all of it is missing, and that is no drift.
  const apart = new Set([...undeployed.affected, ...undeployed.unchanged].map(({ id }) => id));
  const drifted: StackResult[] = [];
  const clean: string[] = [];
  const unchecked: { stack: string; why: string }[] = [];
  for (const { id } of detection.affected) {
    const result = results.get(id);
    if (result?.status === "no-changes") clean.push(id);
    else if (result?.status === "changes") {
      if (!apart.has(id)) drifted.push(result);
    } else
      unchecked.push({
        stack: id,
        why: result?.error?.message ?? result?.status ?? "its job left no result",
      });
  }
  return { drifted, clean, undeployed: undeployed.affected, unchecked };
}

function parseResult(text: string): StackResult[] {
  try {
    const parsed = stackResultSchema.safeParse(JSON.parse(text));
    return parsed.success ? [parsed.data] : [];
  } catch {
    return [];
  }
}
