import { z } from "zod";
import type { PullRequests } from "../ports/pull-requests.ts";
import { type GitHubClient, statusOf } from "./github.ts";

const pulls = z.array(
  z.object({
    number: z.number(),
    merged_at: z.string().nullish(),
    merge_commit_sha: z.string().nullish(),
    head: z.object({ sha: z.string() }),
  }),
);
const events = z.array(
  z.object({
    event: z.string(),
    created_at: z.string(),
    actor: z.object({ login: z.string() }).nullish(),
    label: z.object({ name: z.string() }).nullish(),
  }),
);
const permission = z.object({ permission: z.string() });

/** Needs `pull-requests: read`. The client is opened when something is first asked. */
export function pullRequests(open: () => Promise<GitHubClient>, repository: string): PullRequests {
  const [owner = "", repo = ""] = repository.split("/");
  return {
    async mergedWith(commit) {
      const { rest, paginate } = await open();
      const request = { owner, repo, commit_sha: commit, per_page: 100 };
      const found = pulls.parse(await paginate(rest.repos.listPullRequestsAssociatedWithCommit, request));
      return found
        .filter((pull) => pull.merged_at != null)
        .map(({ number, head, merge_commit_sha }) => ({
          number,
          head: head.sha,
          mergeCommit: merge_commit_sha ?? undefined,
        }));
    },
    async labelled(pullRequest, label) {
      const { rest, paginate } = await open();
      const request = { owner, repo, issue_number: pullRequest, per_page: 100 };
      const last = events
        .parse(await paginate(rest.issues.listEvents, request))
        .findLast(({ event, label: named }) => /^(un)?labeled$/.test(event) && named?.name === label);
      if (last?.event !== "labeled") return undefined;
      return { by: last.actor?.login ?? "", at: new Date(last.created_at) };
    },
    async mayWrite(login) {
      const { rest } = await open();
      try {
        const { data } = await rest.repos.getCollaboratorPermissionLevel({ owner, repo, username: login });
        return ["admin", "maintain", "write"].includes(permission.parse(data).permission);
      } catch (error) {
        if (statusOf(error) === 404) return false;
        throw error;
      }
    },
  };
}
