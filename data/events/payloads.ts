import {
  comment,
  fullPullRequest,
  issue,
  label,
  type Scene,
  sentence,
  slimPullRequest,
} from "./discussion-objects.ts";
import { apiUrl, type Json, nodeId, repositoryObject, siteUrl, user } from "./github-objects.ts";
import { someAccount } from "./population.ts";

/** How often each type occurs: of two whole hours of 2015, and of polls of 2026. */
export const typeWeights = {
  full: {
    PushEvent: 8430,
    CreateEvent: 1542,
    IssueCommentEvent: 1301,
    WatchEvent: 1291,
    IssuesEvent: 703,
    PullRequestEvent: 608,
    ForkEvent: 435,
    DeleteEvent: 222,
    GollumEvent: 196,
    PullRequestReviewCommentEvent: 177,
    CommitCommentEvent: 118,
    ReleaseEvent: 67,
    MemberEvent: 29,
    PublicEvent: 10,
  },
  slim: {
    PushEvent: 529,
    PullRequestEvent: 46,
    WatchEvent: 28,
    CreateEvent: 25,
    DeleteEvent: 16,
    IssueCommentEvent: 4,
    PullRequestReviewEvent: 2,
    ForkEvent: 2,
    IssuesEvent: 1,
    ReleaseEvent: 1,
  },
} as const;

export type EventType = keyof (typeof typeWeights)["full"] | keyof (typeof typeWeights)["slim"];

export const payloads: Readonly<Record<EventType, (scene: Scene) => Json>> = {
  PushEvent: push,
  CreateEvent: create,
  DeleteEvent: remove,
  IssueCommentEvent: issueComment,
  IssuesEvent: issues,
  PullRequestEvent: pullRequest,
  PullRequestReviewEvent: review,
  PullRequestReviewCommentEvent: reviewComment,
  WatchEvent: () => ({ action: "started" }),
  ForkEvent: fork,
  GollumEvent: gollum,
  CommitCommentEvent: commitComment,
  ReleaseEvent: release,
  MemberEvent: ({ shape, random }) => ({ member: user(shape, someAccount(random)), action: "added" }),
  PublicEvent: () => ({}),
};

function push({ shape, random, actor, repository }: Scene): Json {
  const id = random.between(500_000_000, 999_999_999);
  const ref = `refs/heads/${random.chance(0.7) ? repository.defaultBranch : `topic-${random.between(1, 99)}`}`;
  const head = random.hex(40);
  const before = random.hex(40);
  if (shape === "slim") return { repository_id: repository.id, push_id: id, ref, head, before };
  // The list holds 20 commits at most, the size counts all of them.
  const size = random.chance(0.02) ? random.between(21, 90) : random.skewed(20) + 1;
  const commits = Array.from({ length: Math.min(size, 20) }, (_, index) => {
    const sha = index === 0 ? head : random.hex(40);
    return {
      sha,
      author: { email: `${random.hex(40)}@example.com`, name: actor.login },
      message: sentence(random, 14),
      distinct: true,
      url: `${apiUrl(repository)}/commits/${sha}`,
    };
  });
  return { push_id: id, size, distinct_size: size, ref, head, before, commits: commits.reverse() };
}

function create({ shape, random, repository }: Scene): Json {
  const kind = random.weighted({ branch: 744, repository: 571, tag: 227 });
  const named = namedRef(kind, random.between(1, 99));
  return {
    ref: kind === "repository" ? null : named.ref,
    ref_type: kind,
    ...(shape === "slim" && { full_ref: kind === "repository" ? "" : named.fullRef }),
    master_branch: repository.defaultBranch,
    description: random.chance(0.3) ? null : sentence(random, 8),
    pusher_type: "user",
  };
}

function remove({ shape, random }: Scene): Json {
  const kind = random.weighted({ branch: 169, tag: 53 });
  const { ref, fullRef } = namedRef(kind, random.between(1, 99));
  return { ref, ref_type: kind, ...(shape === "slim" && { full_ref: fullRef }), pusher_type: "user" };
}

function namedRef(kind: string, number: number) {
  return kind === "tag"
    ? { ref: `v1.${number}.0`, fullRef: `refs/tags/v1.${number}.0` }
    : { ref: `topic-${number}`, fullRef: `refs/heads/topic-${number}` };
}

function issueComment(scene: Scene): Json {
  const about = issue(scene, "open", scene.random.chance(0.35));
  return { action: "created", issue: about, comment: comment(scene, String(about["url"])) };
}

function issues(scene: Scene): Json {
  const action = scene.random.weighted({ opened: 453, closed: 244, reopened: 6 });
  return { action, issue: issue(scene, action === "closed" ? "closed" : "open", false) };
}

function pullRequest(scene: Scene): Json {
  const { shape, random, actor } = scene;
  if (shape === "slim") {
    const action = random.weighted({
      opened: 20,
      merged: 14,
      closed: 4,
      labeled: 4,
      unlabeled: 1,
      assigned: 1,
      reopened: 1,
    });
    const pull = slimPullRequest(scene);
    const isLabel = action === "labeled" || action === "unlabeled";
    return {
      action,
      number: pull.number,
      pull_request: pull,
      ...(isLabel && { label: label(scene), labels: [label(scene)] }),
      ...(action === "assigned" && { assignee: user(shape, actor), assignees: [user(shape, actor)] }),
    };
  }
  const action = random.weighted({ opened: 342, closed: 265, reopened: 1 });
  const merged = action === "closed" && random.chance(0.8);
  const pull = fullPullRequest(scene, action === "closed" ? "closed" : "open", merged);
  const counts = {
    merged,
    mergeable: null,
    mergeable_state: "unknown",
    merged_by: merged ? user(shape, actor) : null,
    comments: random.between(0, 9),
    review_comments: random.between(0, 9),
    commits: random.between(1, 9),
    additions: random.between(0, 900),
    deletions: random.between(0, 300),
    changed_files: random.between(1, 30),
  };
  return { action, number: pull.number, pull_request: { ...pull, ...counts } };
}

function review(scene: Scene): Json {
  const { shape, random, actor, repository, moment } = scene;
  const pull = slimPullRequest(scene);
  const id = random.between(3_000_000_000, 3_900_000_000);
  const html = `${siteUrl(repository)}/pull/${pull.number}#pullrequestreview-${id}`;
  return {
    action: "created",
    review: {
      id,
      ...nodeId(shape, "PRR", id),
      user: user(shape, actor),
      body: sentence(random, 20),
      commit_id: random.hex(40),
      submitted_at: moment,
      state: random.pick(["approved", "commented", "changes_requested"]),
      html_url: html,
      pull_request_url: String(pull["url"]),
      _links: { html: { href: html }, pull_request: { href: String(pull["url"]) } },
      updated_at: moment,
    },
    pull_request: pull,
  };
}

function reviewComment(scene: Scene): Json {
  const { shape, random, actor, repository, moment } = scene;
  const pull = fullPullRequest(scene, "open", false);
  const id = random.between(22_000_000, 30_000_000);
  const url = `${apiUrl(repository)}/pulls/comments/${id}`;
  const html = `${String(pull["html_url"])}#discussion_r${id}`;
  const commit = random.hex(40);
  return {
    action: "created",
    comment: {
      url,
      id,
      diff_hunk: "@@ -1,2 +1,2 @@\n-before\n+after",
      path: "src/index.js",
      position: 2,
      original_position: 2,
      commit_id: commit,
      original_commit_id: commit,
      user: user(shape, actor),
      body: sentence(random, 30),
      created_at: moment,
      updated_at: moment,
      html_url: html,
      pull_request_url: String(pull["url"]),
      _links: { self: { href: url }, html: { href: html }, pull_request: { href: String(pull["url"]) } },
    },
    pull_request: pull,
  };
}

function fork({ shape, random, actor, repository, moment }: Scene): Json {
  const copy = { ...repository, id: random.between(28_000_000, 29_999_999), owner: actor };
  const forkee = { ...repositoryObject(shape, copy, moment, true), public: true };
  return shape === "slim" ? { action: "forked", forkee } : { forkee };
}

function gollum({ random, repository }: Scene): Json {
  const page_name = random.pick(["Home", "Setup", "FAQ"]);
  const page = { page_name, title: page_name, summary: null, action: "edited", sha: random.hex(40) };
  return { pages: [{ ...page, html_url: `${siteUrl(repository)}/wiki/${page_name}` }] };
}

function commitComment({ shape, random, actor, repository, moment }: Scene): Json {
  const id = random.between(9_000_000, 9_900_000);
  const commit = random.hex(40);
  const described = {
    url: `${apiUrl(repository)}/comments/${id}`,
    html_url: `${siteUrl(repository)}/commit/${commit}#commitcomment-${id}`,
  };
  const place = { position: null, line: null, path: "", commit_id: commit };
  const times = { created_at: moment, updated_at: moment };
  return {
    comment: { ...described, id, user: user(shape, actor), ...place, ...times, body: sentence(random, 40) },
  };
}

function release({ shape, random, actor, repository, moment }: Scene): Json {
  const id = random.between(800_000, 900_000);
  const tag = `v${random.between(0, 9)}.${random.between(0, 20)}.0`;
  const url = `${apiUrl(repository)}/releases/${id}`;
  return {
    action: "published",
    release: {
      url,
      assets_url: `${url}/assets`,
      upload_url: `${url.replace("api.", "uploads.")}/assets{?name}`,
      html_url: `${siteUrl(repository)}/releases/tag/${tag}`,
      id,
      ...nodeId(shape, "RE", id),
      tag_name: tag,
      target_commitish: repository.defaultBranch,
      name: tag,
      draft: false,
      author: user(shape, actor),
      prerelease: false,
      created_at: moment,
      published_at: moment,
      assets: [],
      tarball_url: `${apiUrl(repository)}/tarball/${tag}`,
      zipball_url: `${apiUrl(repository)}/zipball/${tag}`,
      body: sentence(random, 60),
    },
  };
}
