import { ActionError } from "../../shared/src/action-error.ts";
import type { WorkflowEvent } from "../../shared/src/workflow-event.ts";

/** What detection asks of the checkout. */
export interface History {
  commit(revision: string): Promise<string | undefined>;
  parents(commit: string): Promise<string[]>;
  mergeBase(left: string, right: string): Promise<string | undefined>;
  isShallow(): Promise<boolean>;
}

/**
 * Commit whose tree the checked-out one is compared with, or why it cannot be told; then every stack counts.
 * On a pull request the checkout is the merge commit, so its first parent: all that differs is what merging
 * brings in. Throws when the checkout is not of the commit that the run is about.
 */
export async function findBase(
  history: History,
  event: WorkflowEvent,
  head: string,
): Promise<{ readonly base: string } | { readonly doubt: string }> {
  switch (event.name) {
    case "pull_request":
      return await pullRequestBase(history, event, head);
    case "merge_group":
      return await known(history, event.baseSha, head);
    case "push":
      if (event.before === undefined)
        return { doubt: "the push names no commit before it, so every stack counts as affected" };
      return await known(history, event.before, head);
    case "workflow_dispatch":
    case "schedule":
      return {
        doubt: `a run by ${event.name} has no base to compare with, so every stack counts as affected`,
      };
    default:
      return event satisfies never;
  }
}

async function pullRequestBase(
  history: History,
  event: Extract<WorkflowEvent, { name: "pull_request" }>,
  head: string,
): Promise<{ base: string } | { doubt: string }> {
  if (head === event.headSha) return await known(history, event.baseSha, head);
  const [first, second, ...more] = await history.parents(head);
  if (first === undefined || second === undefined || more.length > 0) {
    throw new ActionError(
      `the checkout (${head}) is neither the merge commit of pull request ${event.number} nor its head ${event.headSha}`,
      {
        hint: "Let actions/checkout take the ref of the event, which is its default, with `fetch-depth: 2` or 0.",
      },
    );
  }
  if (second !== event.headSha) {
    throw new ActionError(
      `a newer push exists: this run is about ${event.headSha}, the checkout merges ${second}`,
      {
        hint: "The run of the newer push plans it; this one has nothing to add.",
      },
    );
  }
  return await known(history, first, head);
}

async function known(
  history: History,
  base: string,
  head: string,
): Promise<{ base: string } | { doubt: string }> {
  const here = await history.commit(base);
  const mergeBase = here === undefined ? undefined : await history.mergeBase(base, head);
  if (mergeBase !== undefined) return { base: mergeBase };
  const why = (await history.isShallow())
    ? "the checkout is shallow and lacks the merge base; give actions/checkout `fetch-depth: 0`"
    : "the base and the head have no merge base";
  return { doubt: `${why}. Every stack counts as affected` };
}
