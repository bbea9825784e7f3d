import { z } from "zod";
import type { TrackedIssues } from "../ports/tracked-issues.ts";
import type { GitHubClient } from "./github.ts";
import { viewer } from "./pull-request-comments.ts";

const issueList = z.array(
  z.object({
    number: z.number(),
    title: z.string(),
    body: z.string().nullish(),
    user: z.object({ login: z.string(), type: z.string().default("User") }).nullish(),
    pull_request: z.unknown().optional(),
  }),
);
const written = z.object({ number: z.number() });

/** Issues of `owner/name` under a label. Needs `issues: write`; failures are Octokit's errors, with a status. */
export function trackedIssues(github: GitHubClient, repository: string, label: string): TrackedIssues {
  const [owner = "", repo = ""] = repository.split("/");
  const { rest, paginate } = github;
  return {
    async list() {
      const request = { owner, repo, labels: label, state: "open", per_page: 100 } as const;
      const found = issueList.parse(await paginate(rest.issues.listForRepo, request));
      return found
        .filter((issue) => issue.pull_request === undefined)
        .map(({ number, title, body, user }) => ({
          number,
          title,
          body: body ?? "",
          author: { login: user?.login ?? "", bot: user?.type === "Bot" },
        }))
        .toSorted((left, right) => left.number - right.number);
    },
    viewer: () => viewer(github),
    async create({ title, body }) {
      const { data } = await rest.issues.create({ owner, repo, title, body, labels: [label] });
      return written.parse(data).number;
    },
    async update(number, { title, body }) {
      await rest.issues.update({ owner, repo, issue_number: number, title, body });
    },
    async close(number, body) {
      await rest.issues.update({
        owner,
        repo,
        issue_number: number,
        body,
        state: "closed",
        state_reason: "completed",
      });
    },
  };
}
