import type { Comment, PullRequestComments } from "../../shared/src/ports/pull-request-comments.ts";
import { commentBudget } from "./render.ts";
import type { RunContext } from "./report.ts";
import { markOutdated, ours } from "./sticky.ts";

/** Each costs a request of the thousand that a repository's token has in an hour. */
const mostPullRequests = 30;

export interface Outdating {
  readonly comments: PullRequestComments;
  /** Stacks that an apply has changed, or may have. */
  readonly stacks: readonly string[];
  /** Pull request that the apply was of. */
  readonly own: number | undefined;
  readonly key: string;
  readonly run: RunContext;
  readonly log: (line: string) => void;
}

/** Says on the other open pull requests that plan one of the stacks that their plan was made before this apply. */
export async function outdateOthers({ comments, stacks, own, key, run, log }: Outdating): Promise<void> {
  if (stacks.length === 0) return;
  const open = await comments.openPullRequests(mostPullRequests);
  if (open.length === mostPullRequests)
    log(
      `Only the ${mostPullRequests} open pull requests that were touched last are looked at for outdated plans.`,
    );
  const viewer = open.length === 0 ? "" : await comments.viewer();
  for (const pullRequest of open) {
    if (pullRequest === own) continue;
    const [existing] = ours(await comments.list(pullRequest), key, viewer);
    const body = existing && outdated(existing, { stacks, run });
    if (existing === undefined || body === undefined) continue;
    await comments.update(existing.id, body);
    log(`The plan on #${pullRequest} is outdated now, and its comment says so.`);
  }
}

function outdated(
  { body }: Comment,
  { stacks, run }: { readonly stacks: readonly string[]; readonly run: RunContext },
): string | undefined {
  const marked = markOutdated(body, stacks, run);
  return marked === undefined || marked.length > commentBudget.limit || marked === body ? undefined : marked;
}
