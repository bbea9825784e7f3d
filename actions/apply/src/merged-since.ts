import type { PlanRecord, RecordLink } from "../../shared/src/contracts/plan-record.ts";
import type { MainCommit } from "../../shared/src/ports/main-history.ts";
import type { ObjectStore } from "../../shared/src/ports/object-store.ts";
import type { MergedPullRequest, PullRequests } from "../../shared/src/ports/pull-requests.ts";
import { listRecordLinks, readLinkedRecord } from "../../shared/src/record-store.ts";
import type { History } from "./marker.ts";

/** More merges than these since the last deployment are a case for a person. */
const mostCommits = 200;

export interface MergedSince {
  readonly records: readonly PlanRecord[];
  /** Why the records do not account for all of main; undefined: they do. */
  readonly gap: string | undefined;
}

export interface Range {
  readonly stack: string;
  /** Commit that was deployed last; undefined: the beginning. */
  readonly after: string | undefined;
  readonly upTo: string;
  readonly store: ObjectStore;
  readonly history: History;
  /** Undefined: there is no token to ask GitHub with. */
  readonly pullRequests: PullRequests | undefined;
  readonly log: (line: string) => void;
  /** Whether one of the files concerns the stack. */
  readonly concerns: (files: readonly string[]) => Promise<boolean>;
}

/**
 * The records of the pull requests that main took in since the last deployment. A record belongs to a commit
 * of main when the commit is the merge of the record's head, or its tree is the one that was planned, or
 * GitHub says that a pull request with that head was merged as it. Nothing is guessed: a commit that changes
 * files of the stack and has no record leaves a gap.
 */
export async function mergedSince(range: Range): Promise<MergedSince> {
  const { stack, store, history, after, upTo } = range;
  const commits = await history.firstParents(after, upTo);
  if (commits.length > mostCommits)
    return { records: [], gap: `${commits.length} commits have come since the last deployment` };
  const links = await listRecordLinks(store, stack);
  const chosen = new Set<RecordLink>();
  for (const commit of commits) {
    const found = await linksOf(commit, links, { range, commits });
    for (const link of found) chosen.add(link);
    if (found.length === 0 && (await changesStack(commit, range)))
      return { records: [], gap: `commit ${commit.commit.slice(0, 7)} has no reviewed plan` };
  }
  const records = [...chosen].map((link) => readLinkedRecord(store, stack, link));
  return { records: await Promise.all(records), gap: undefined };
}

async function linksOf(
  { commit, tree, parents }: MainCommit,
  links: readonly RecordLink[],
  { range, commits }: { readonly range: Range; readonly commits: readonly MainCommit[] },
): Promise<RecordLink[]> {
  const heads = new Set([commit, ...parents.slice(1)]);
  const found = links.filter((link) => heads.has(link.head) || link.tree === tree);
  if (found.length > 0 || links.length === 0) return found;
  const own = new Set(commits.map((each) => each.commit));
  const merged = await askedFor(commit, range);
  const heard = new Set(
    merged
      .filter(({ mergeCommit }) => mergeCommit !== undefined && own.has(mergeCommit))
      .map(({ head }) => head),
  );
  return links.filter((link) => heard.has(link.head));
}

/** Without an answer the commit has no record, and the gap is told of. */
async function askedFor(commit: string, { pullRequests, log }: Range): Promise<readonly MergedPullRequest[]> {
  try {
    return (await pullRequests?.mergedWith(commit)) ?? [];
  } catch (error) {
    log(`GitHub did not say which pull request ${commit.slice(0, 7)} came from: ${String(error)}`);
    return [];
  }
}

async function changesStack({ commit, parents }: MainCommit, { history, concerns }: Range): Promise<boolean> {
  const [before] = parents;
  return before === undefined || concerns(await history.changedFiles(before, commit));
}
