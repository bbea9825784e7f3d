import { z } from "zod";
import type { GitHubClient } from "./github.ts";

const label = "state-lock";
const issueList = z.array(
  z.object({ number: z.number(), title: z.string(), pull_request: z.unknown().optional() }),
);
const written = z.object({ html_url: z.string() });

/**
 * Keeps a text in the open issue of that title, as a comment, or in a new one. Returns its address. Needs
 * `issues: write`; throws Octokit's errors.
 */
export async function keepInIssue(
  { rest, paginate }: GitHubClient,
  repository: string,
  { title, text }: { readonly title: string; readonly text: string },
): Promise<string> {
  const [owner = "", repo = ""] = repository.split("/");
  const request = { owner, repo, state: "open", labels: label, per_page: 100 } as const;
  const open = issueList.parse(await paginate(rest.issues.listForRepo, request));
  const same = open.find((issue) => issue.title === title && issue.pull_request === undefined);
  const { data } =
    same === undefined
      ? await rest.issues.create({ owner, repo, title, body: text, labels: [label] })
      : await rest.issues.createComment({ owner, repo, issue_number: same.number, body: text });
  return written.parse(data).html_url;
}
