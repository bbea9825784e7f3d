import type { RecordLink } from "../../shared/src/contracts/plan-record.ts";
import type { Stack } from "../../shared/src/contracts/stack-map.ts";
import type { MainCommit } from "../../shared/src/ports/main-history.ts";
import type { ObjectStore } from "../../shared/src/ports/object-store.ts";
import { listRecordLinks } from "../../shared/src/record-store.ts";

export interface QueuedStack {
  readonly stack: Stack;
  readonly digest: string;
  /** What the queue puts its pull requests on; undefined: unknown, and then only the digest counts. */
  readonly base: string | undefined;
  /** Head of the queue's branch. */
  readonly commit: string;
  readonly store: ObjectStore;
  readonly history: {
    firstParents(after: string | undefined, upTo: string): Promise<readonly MainCommit[]>;
    changedFiles(base: string, head: string): Promise<readonly string[]>;
    branchHeads(): Promise<readonly string[]>;
    mergedTree(ours: string, theirs: string): Promise<string | undefined>;
  };
  readonly concerns: (stack: Stack, files: readonly string[]) => Promise<boolean>;
}

/**
 * Why nobody has reviewed what a merge queue would make of a stack; undefined: some pull request planned
 * exactly this configuration, or every pull request of the queue that concerns the stack has a plan of its own,
 * to which the apply then holds each change. Sees only that plans were kept, not what they hold.
 */
export async function whyUnreviewed(queued: QueuedStack): Promise<string | undefined> {
  const { stack, digest, base, commit, store, history } = queued;
  const links = await listRecordLinks(store, stack.id);
  if (links.some((link) => link.digest === digest)) return undefined;
  if (base === undefined) return "no pull request has a plan of this configuration";
  const waiting = [...(await history.firstParents(base, commit))].reverse();
  for (let [next] = waiting; next !== undefined; [next] = waiting) {
    const covered = (await planned(next, links, queued)) ? 1 : await squashed(waiting, links, queued);
    if (covered === 0)
      return `no pull request has a plan of this configuration, and what ${next.commit.slice(0, 7)} brings has none of its own`;
    waiting.splice(0, covered);
  }
  return undefined;
}

/** Whether a commit of the queue is known by itself, or is none of this stack's. */
async function planned(
  { commit, tree, parents }: MainCommit,
  links: readonly RecordLink[],
  { stack, history, concerns }: QueuedStack,
): Promise<boolean> {
  const [before, ...heads] = parents;
  if (links.some((link) => heads.includes(link.head) || link.tree === tree)) return true;
  return before !== undefined && !(await concerns(stack, await history.changedFiles(before, commit)));
}

/**
 * How many of the first commits are a pull request with a plan, squashed or rebased: they name no head, but what
 * they come to is the merge of that head into what was there before. 0: they are nobody's.
 */
async function squashed(
  commits: readonly MainCommit[],
  links: readonly RecordLink[],
  { history }: QueuedStack,
): Promise<number> {
  const before = commits[0]?.parents[0];
  if (before === undefined) return 0;
  const open = new Set(await history.branchHeads());
  for (const head of new Set(links.map((link) => link.head))) {
    const tree = open.has(head) ? await history.mergedTree(before, head) : undefined;
    const last = commits.findIndex((commit) => commit.tree === tree);
    if (last >= 0) return last + 1;
  }
  return 0;
}
