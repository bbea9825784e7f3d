import {
  apiUrl,
  type Json,
  nodeId,
  prefixed,
  repositoryObject,
  type Shape,
  siteUrl,
  user,
} from "./github-objects.ts";
import { type Account, type Repository, someAccount } from "./population.ts";
import type { Random } from "./random.ts";

/** What an event is made from. */
export interface Scene {
  readonly shape: Shape;
  readonly random: Random;
  readonly actor: Account;
  readonly repository: Repository;
  /** Time of the event, ISO 8601 with seconds. */
  readonly moment: string;
}

const vocabulary =
  "fix add update remove support handle missing wrong slow test docs build cache parser index error value table query stream retry after before when without für größer – naïve 日本語 🚀".split(
    " ",
  );

export function sentence(random: Random, most: number): string {
  return Array.from({ length: random.between(2, most) }, () => random.pick(vocabulary)).join(" ");
}

export function issue(scene: Scene, state: string, isPullRequest: boolean): Json {
  const { shape, random, actor, repository, moment } = scene;
  const id = random.between(50_000_000, 90_000_000);
  const number = random.between(1, 4_000);
  const url = `${apiUrl(repository)}/issues/${number}`;
  const pullPath = `${siteUrl(repository)}/pull/${number}`;
  return {
    url,
    ...(shape === "slim" && { repository_url: apiUrl(repository) }),
    ...prefixed(url, { labels_url: "/labels{/name}", comments_url: "/comments", events_url: "/events" }),
    html_url: isPullRequest ? pullPath : `${siteUrl(repository)}/issues/${number}`,
    id,
    ...nodeId(shape, "I", id),
    number,
    title: sentence(random, 8),
    user: user(shape, actor),
    labels: random.chance(0.35) ? [label(scene)] : [],
    state,
    locked: false,
    assignee: null,
    ...(shape === "slim" && { assignees: [], author_association: "NONE", active_lock_reason: null }),
    milestone: null,
    comments: random.between(0, 12),
    created_at: moment,
    updated_at: moment,
    closed_at: state === "closed" ? moment : null,
    ...(isPullRequest && { pull_request: pullRequestLinks(repository, number) }),
    body: random.chance(0.1) ? null : sentence(random, 80),
  };
}

function pullRequestLinks(repository: Repository, number: number) {
  const path = `${siteUrl(repository)}/pull/${number}`;
  return {
    url: `${apiUrl(repository)}/pulls/${number}`,
    html_url: path,
    diff_url: `${path}.diff`,
    patch_url: `${path}.patch`,
  };
}

export function label({ shape, random, repository }: Scene): Json {
  const name = random.pick(["bug", "enhancement", "question"]);
  const url = `${apiUrl(repository)}/labels/${name}`;
  if (shape === "full") return { url, name, color: "fc2929" };
  return {
    id: 208_045_946,
    ...nodeId(shape, "LA", 208_045_946),
    url,
    name,
    color: "d73a4a",
    default: true,
    description: null,
  };
}

export function comment(scene: Scene, issueUrl: string): Json {
  const { shape, random, actor, repository, moment } = scene;
  const id = random.between(60_000_000, 90_000_000);
  return {
    url: `${apiUrl(repository)}/issues/comments/${id}`,
    html_url: `${siteUrl(repository)}/issues/1#issuecomment-${id}`,
    issue_url: issueUrl,
    id,
    ...nodeId(shape, "IC", id),
    user: user(shape, actor),
    created_at: moment,
    updated_at: moment,
    ...(shape === "slim" && { author_association: "CONTRIBUTOR", performed_via_github_app: null }),
    body: sentence(random, 60),
  };
}

/** In the slim shape a pull request is nothing but these five keys. */
export function slimPullRequest({ random, repository }: Scene): Json & { readonly number: number } {
  const number = random.between(1, 4_000);
  const repo = { id: repository.id, url: apiUrl(repository), name: repository.name };
  return {
    url: `${apiUrl(repository)}/pulls/${number}`,
    id: random.between(2_800_000_000, 2_900_000_000),
    number,
    head: { ref: `topic-${number}`, sha: random.hex(40), repo },
    base: { ref: repository.defaultBranch, sha: random.hex(40), repo },
  };
}

/** A pull request of the full shape as other events carry it; the event of its own adds the merge and the counts. */
export function fullPullRequest(
  scene: Scene,
  state: string,
  merged: boolean,
): Json & { readonly number: number } {
  const { random, actor, repository, moment } = scene;
  const number = random.between(1, 4_000);
  const url = `${apiUrl(repository)}/pulls/${number}`;
  const issueUrl = `${apiUrl(repository)}/issues/${number}`;
  const { html_url, diff_url, patch_url } = pullRequestLinks(repository, number);
  const headSha = random.hex(40);
  const links = {
    review_comments_url: `${url}/comments`,
    review_comment_url: `${apiUrl(repository)}/pulls/comments/{number}`,
    commits_url: `${url}/commits`,
    comments_url: `${issueUrl}/comments`,
    statuses_url: `${apiUrl(repository)}/statuses/${headSha}`,
  };
  const fork: Repository = { ...repository, id: repository.id + 1, owner: someAccount(random) };
  const side = (from: Repository, ref: string, sha: string) => ({
    label: `${from.owner.login}:${ref}`,
    ref,
    sha,
    user: user("full", from.owner),
    repo: repositoryObject("full", from, moment, from === fork),
  });
  return {
    url,
    id: random.between(26_000_000, 30_000_000),
    html_url,
    diff_url,
    patch_url,
    issue_url: issueUrl,
    number,
    state,
    locked: false,
    title: sentence(random, 8),
    user: user("full", actor),
    body: random.chance(0.2) ? "" : sentence(random, 60),
    created_at: moment,
    updated_at: moment,
    closed_at: state === "closed" ? moment : null,
    merged_at: merged ? moment : null,
    merge_commit_sha: random.hex(40),
    assignee: null,
    milestone: null,
    ...links,
    head: side(fork, `topic-${number}`, headSha),
    base: side(repository, repository.defaultBranch, random.hex(40)),
    _links: linked({ self: url, html: html_url, issue: issueUrl, ...links }),
  };
}

/** The same addresses once more, as GitHub's objects have them: `comments_url` becomes `comments: { href }`. */
function linked(urls: Readonly<Record<string, string>>): Json {
  return Object.fromEntries(Object.entries(urls).map(([key, href]) => [key.replace(/_url$/, ""), { href }]));
}
