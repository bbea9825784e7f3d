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
  };
  readonly concerns: (stack: Stack, files: readonly string[]) => Promise<boolean>;
}

/**
 * Why nobody has reviewed what a merge queue would make of a stack; undefined: some pull request planned
 * exactly this configuration, or every pull request of the queue that concerns the stack has a plan of its own,
 * to which the apply then holds each change. Sees only that plans were kept, not what they hold.
 */
export async function whyUnreviewed(queued: QueuedStack): Promise<string | undefined> {
  const { stack, digest, base, commit, store, history, concerns } = queued;
  const links = await listRecordLinks(store, stack.id);
  if (links.some((link) => link.digest === digest)) return undefined;
  if (base === undefined) return "no pull request has a plan of this configuration";
  for (const { commit: merged, tree, parents } of await history.firstParents(base, commit)) {
    const [before, ...heads] = parents;
    if (links.some((link) => heads.includes(link.head) || link.tree === tree)) continue;
    if (before !== undefined && !(await concerns(stack, await history.changedFiles(before, merged))))
      continue;
    return `no pull request has a plan of this configuration, and what ${merged.slice(0, 7)} brings has none of its own`;
  }
  return undefined;
}
