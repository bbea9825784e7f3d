import { ActionError } from "../../shared/src/action-error.ts";
import type { StoredMarker } from "../../shared/src/deployment-marker.ts";
import { ageOf, type History } from "./marker.ts";

export interface Standing {
  readonly stack: string;
  readonly commit: string;
  readonly marker: StoredMarker | undefined;
  readonly history: Pick<History, "isAncestor" | "changedFiles">;
  /** Head of main as the checkout knows it; undefined: it does not. */
  readonly mainHead: string | undefined;
  /** Whether one of the files concerns the stack. */
  readonly concerns: (files: readonly string[]) => Promise<boolean>;
  /** True when a person approved the plan of this very commit. */
  readonly byHand: boolean;
}

/**
 * Why this run must leave the stack alone; undefined: it need not. A newer commit was deployed, or its apply
 * has begun, or main has moved on in this stack: then the run of that commit takes along what this one would
 * apply, and what it may have taken back stays back.
 */
export async function whyOutdated(standing: Standing): Promise<string | undefined> {
  const { commit, marker, history, mainHead } = standing;
  const begun = marker?.marker.begun?.commit;
  for (const other of [marker?.marker.commit, begun]) {
    const age = await ageOf(commit, other, history);
    if (age === "older") return `the newer commit ${other ?? ""} is deployed already; nothing to do`;
    if (age === "unrelated" && !standing.byHand) throw unrelated(standing, other ?? "");
  }
  if (mainHead === undefined || mainHead === commit) return undefined;
  if (!(await history.isAncestor(commit, mainHead))) return undefined;
  if (!(await standing.concerns(await history.changedFiles(commit, mainHead)))) return undefined;
  return `main has moved on in this stack, to ${mainHead}; the run of that commit takes it from here`;
}

function unrelated({ stack, commit }: Standing, deployed: string): ActionError {
  return new ActionError(`${stack}: ${commit} and what is deployed, ${deployed}, are on different branches`, {
    hint: "Nothing was applied. Merge the one into the other, or apply by hand, where a person approves the plan.",
  });
}
