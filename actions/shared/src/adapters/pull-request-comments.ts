import { z } from "zod";
import type { Comment, PullRequestComments } from "../ports/pull-request-comments.ts";
import type { GitHubClient } from "./github.ts";

const author = z.object({ login: z.string(), type: z.string().default("User") }).nullish();
const commentList = z.array(z.object({ id: z.number(), body: z.string().nullish(), user: author }));
const openPulls = z.array(z.object({ number: z.number() }));
const written = z.object({ id: z.number(), html_url: z.string() });
const pullList = z.array(
  z.object({ number: z.number(), merged_at: z.string().nullish(), merge_commit_sha: z.string().nullish() }),
);

/** What GITHUB_TOKEN writes as; it may not ask who it is. */
const workflowIdentity = "github-actions[bot]";

/** Comments of the pull requests of one repository (`owner/name`). Failures are Octokit's errors, with a status. */
export function pullRequestComments(github: GitHubClient, repository: string): PullRequestComments {
  const [owner = "", repo = ""] = repository.split("/");
  const { rest, paginate } = github;
  return {
    async pullRequestsOf(commit) {
      const request = { owner, repo, commit_sha: commit, per_page: 100 };
      const found = pullList.parse(await paginate(rest.repos.listPullRequestsAssociatedWithCommit, request));
      return found.map((pull) => ({
        number: pull.number,
        merged: pull.merged_at != null,
        mergeCommit: pull.merge_commit_sha ?? undefined,
      }));
    },
    async openPullRequests(most) {
      const request = {
        owner,
        repo,
        state: "open",
        sort: "updated",
        direction: "desc",
        per_page: most,
      } as const;
      return openPulls.parse((await rest.pulls.list(request)).data).map(({ number }) => number);
    },
    async list(pullRequest) {
      const request = { owner, repo, issue_number: pullRequest, per_page: 100 };
      const found = commentList.parse(await paginate(rest.issues.listComments, request));
      return found.map(
        ({ id, body, user }): Comment => ({
          id,
          body: body ?? "",
          author: { login: user?.login ?? "", bot: user?.type === "Bot" },
        }),
      );
    },
    viewer: () => viewer(github),
    async create(pullRequest, body) {
      const { data } = await rest.issues.createComment({ owner, repo, issue_number: pullRequest, body });
      return written.parse(data).html_url;
    },
    async update(comment, body) {
      const { data } = await rest.issues.updateComment({ owner, repo, comment_id: comment, body });
      return written.parse(data).html_url;
    },
    async remove(comment) {
      await rest.issues.deleteComment({ owner, repo, comment_id: comment });
    },
  };
}

/** Login that a token writes as. GraphQL answers for every kind of token, REST for those of persons; what neither knows is the workflow's. */
export async function viewer(github: GitHubClient): Promise<string> {
  const asked = [
    async () =>
      z
        .object({ viewer: z.object({ login: z.string() }) })
        .parse(await github.graphql("{ viewer { login } }")).viewer.login,
    async () =>
      z.object({ login: z.string() }).parse((await github.rest.users.getAuthenticated()).data).login,
  ];
  for (const ask of asked) {
    const login = await ask().catch(() => undefined);
    if (login !== undefined && login !== "") return login;
  }
  return workflowIdentity;
}
