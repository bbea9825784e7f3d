import type { Account, Repository } from "./population.ts";

export type Shape = "full" | "slim";
export type Json = { readonly [key: string]: unknown };

const api = "https://api.github.com";
const site = "https://github.com";

export function apiUrl(repository: Repository): string {
  return `${api}/repos/${repository.owner.login}/${repository.name}`;
}

export function siteUrl(repository: Repository): string {
  return `${site}/${repository.owner.login}/${repository.name}`;
}

/** Objects of the slim shape carry GitHub's global id, which came years after the events of the full shape. */
export function nodeId(shape: Shape, kind: string, id: number): Json {
  return shape === "full" ? {} : { node_id: Buffer.from(`${kind}${id}`).toString("base64") };
}

const userPaths = {
  followers_url: "/followers",
  following_url: "/following{/other_user}",
  gists_url: "/gists{/gist_id}",
  starred_url: "/starred{/owner}{/repo}",
  subscriptions_url: "/subscriptions",
  organizations_url: "/orgs",
  repos_url: "/repos",
  events_url: "/events{/privacy}",
  received_events_url: "/received_events",
} as const;

export function user(shape: Shape, { id, login, type }: Account): Json {
  const url = `${api}/users/${login}`;
  return {
    login,
    id,
    ...nodeId(shape, "U", id),
    avatar_url: `https://avatars.githubusercontent.com/u/${id}?v=${shape === "full" ? 3 : 4}`,
    gravatar_id: "",
    url,
    html_url: `${site}/${login}`,
    ...prefixed(url, userPaths),
    type,
    ...(shape === "slim" && { user_view_type: "public" }),
    site_admin: false,
  };
}

const repositoryPaths = {
  forks_url: "/forks",
  keys_url: "/keys{/key_id}",
  collaborators_url: "/collaborators{/collaborator}",
  teams_url: "/teams",
  hooks_url: "/hooks",
  issue_events_url: "/issues/events{/number}",
  events_url: "/events",
  assignees_url: "/assignees{/user}",
  branches_url: "/branches{/branch}",
  tags_url: "/tags",
  blobs_url: "/git/blobs{/sha}",
  git_tags_url: "/git/tags{/sha}",
  git_refs_url: "/git/refs{/sha}",
  trees_url: "/git/trees{/sha}",
  statuses_url: "/statuses/{sha}",
  languages_url: "/languages",
  stargazers_url: "/stargazers",
  contributors_url: "/contributors",
  subscribers_url: "/subscribers",
  subscription_url: "/subscription",
  commits_url: "/commits{/sha}",
  git_commits_url: "/git/commits{/sha}",
  comments_url: "/comments{/number}",
  issue_comment_url: "/issues/comments{/number}",
  contents_url: "/contents/{+path}",
  compare_url: "/compare/{base}...{head}",
  merges_url: "/merges",
  archive_url: "/{archive_format}{/ref}",
  downloads_url: "/downloads",
  issues_url: "/issues{/number}",
  pulls_url: "/pulls{/number}",
  milestones_url: "/milestones{/number}",
  notifications_url: "/notifications{?since,all,participating}",
  labels_url: "/labels{/name}",
  releases_url: "/releases{/id}",
} as const;

export function repositoryObject(
  shape: Shape,
  repository: Repository,
  moment: string,
  isFork: boolean,
): Json {
  const { id, name, owner } = repository;
  const fullName = `${owner.login}/${name}`;
  return {
    id,
    ...nodeId(shape, "R", id),
    name,
    full_name: fullName,
    owner: user(shape, owner),
    private: false,
    html_url: siteUrl(repository),
    description: null,
    fork: isFork,
    url: apiUrl(repository),
    ...prefixed(apiUrl(repository), repositoryPaths),
    ...(shape === "slim" && { deployments_url: `${apiUrl(repository)}/deployments` }),
    created_at: isFork ? moment : repository.createdAt,
    updated_at: moment,
    pushed_at: moment,
    git_url: `git://github.com/${fullName}.git`,
    ssh_url: `git@github.com:${fullName}.git`,
    clone_url: `${siteUrl(repository)}.git`,
    svn_url: siteUrl(repository),
    homepage: null,
    size: id % 9_000,
    stargazers_count: id % 700,
    watchers_count: id % 700,
    language: repository.language,
    has_issues: !isFork,
    has_downloads: true,
    has_wiki: true,
    has_pages: false,
    ...(shape === "slim" && slimRepositoryFields),
    forks_count: id % 40,
    mirror_url: null,
    open_issues_count: id % 25,
    forks: id % 40,
    open_issues: id % 25,
    watchers: id % 700,
    default_branch: repository.defaultBranch,
  };
}

const slimRepositoryFields = {
  has_projects: true,
  has_discussions: false,
  archived: false,
  disabled: false,
  license: null,
  allow_forking: true,
  is_template: false,
  web_commit_signoff_required: false,
  topics: [],
  visibility: "public",
};

/** Adds the beginning to each of the paths. */
export function prefixed<Key extends string>(
  url: string,
  paths: Readonly<Record<Key, string>>,
): Record<Key, string> {
  return Object.fromEntries(Object.entries<string>(paths).map(([key, path]) => [key, url + path])) as Record<
    Key,
    string
  >;
}
