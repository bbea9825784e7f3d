import type { IncomingMessage, ServerResponse } from "node:http";
import { createEmulator } from "emulate";
import { z } from "zod";
import {
  type Comment,
  commentsSchema,
  type Issue,
  issuesSchema,
  type WorkflowRun,
} from "./github-objects.ts";
import { type HttpServer, listen, readBody, sendJson } from "./http-server.ts";

/** GitHub refuses longer comments with 422. */
export const maxCommentCharacters = 65_536;
export const botLogin = "github-actions[bot]";

/** A pull request as git knows it: the emulator keeps its conversation, git its commits. */
export interface PullCommits {
  readonly number: number;
  readonly headRef: string;
  readonly head: string;
  readonly base: string;
  /** The merge commit: the test merge while it is open, main's commit afterwards. */
  readonly merge: string;
  readonly merged: boolean;
  /** All commits that GitHub would associate with the pull request. */
  readonly commits: readonly string[];
}

export interface GitHubEmulator extends HttpServer {
  /** Token of the workflow runs. */
  readonly token: string;
  openPull(pull: {
    readonly title: string;
    readonly body: string;
    readonly headRef: string;
  }): Promise<number>;
  /** Tells which commits a pull request has now. */
  setCommits(pull: PullCommits): void;
  mergePull(number: number): Promise<void>;
  comments(number: number): Promise<readonly Comment[]>;
  /** Open and closed ones, without pull requests. */
  issues(): Promise<readonly Issue[]>;
  setRun(run: WorkflowRun): void;
}

interface State {
  readonly pulls: Map<number, PullCommits>;
  readonly runs: Map<number, WorkflowRun>;
}

/**
 * The emulator of GitHub's API with a front of ours, which adds what it lacks: real commits in pull
 * requests, pull requests of a commit, workflow runs, the limit of a comment's length, the bot as author.
 */
export async function startGitHubEmulator(repository: string, author: string): Promise<GitHubEmulator> {
  const [owner = "", name = ""] = repository.split("/");
  const token = "ghs_rehearsal_workflow_token";
  const authorToken = "ghp_rehearsal_author_token";
  const emulator = await createEmulator({
    service: "github",
    port: 0,
    seed: {
      tokens: {
        [token]: { login: botLogin, scopes: ["repo"] },
        [authorToken]: { login: author, scopes: ["repo"] },
      },
      github: {
        users: [{ login: author, name: author }, { login: botLogin }],
        orgs: [{ login: owner, members: [{ login: author, role: "admin" }] }],
        repos: [{ owner, name, auto_init: true, default_branch: "main" }],
      },
    },
  });
  const backend = emulator.url.replace("localhost", "127.0.0.1");
  const state: State = { pulls: new Map(), runs: new Map() };
  const server = await listen((request, response) =>
    serve(request, response, { backend, prefix: `/repos/${repository}`, state }),
  );
  const call = caller(server.url, authorToken);
  return {
    ...server,
    token,
    close: async () => {
      await server.close();
      await emulator.close();
    },
    openPull: async ({ title, body, headRef }) => {
      const given = await call("POST", `/repos/${repository}/pulls`, {
        title,
        body,
        head: headRef,
        base: "main",
      });
      return z.object({ number: z.number() }).parse(given).number;
    },
    setCommits: (pull) => void state.pulls.set(pull.number, pull),
    mergePull: async (number) => void (await call("PUT", `/repos/${repository}/pulls/${number}/merge`, {})),
    comments: async (number) =>
      commentsSchema.parse(await call("GET", `/repos/${repository}/issues/${number}/comments?per_page=100`)),
    issues: async () => {
      const found = await call("GET", `/repos/${repository}/issues?state=all&per_page=100`);
      return issuesSchema.parse(found).filter((issue) => issue.pull_request === undefined);
    },
    setRun: (run) => void state.runs.set(run.id, run),
  };
}

function caller(
  url: string,
  token: string,
): (method: string, path: string, body?: unknown) => Promise<unknown> {
  return async (method, path, body) => {
    const response = await fetch(`${url}${path}`, {
      method,
      headers: { authorization: `Bearer ${token}`, "content-type": "application/json" },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    if (!response.ok)
      throw new Error(
        `GitHub emulator: ${method} ${path} answered ${response.status}: ${await response.text()}`,
      );
    return response.json();
  };
}

interface Front {
  readonly backend: string;
  readonly prefix: string;
  readonly state: State;
}

async function serve(request: IncomingMessage, response: ServerResponse, front: Front): Promise<void> {
  const url = new URL(request.url ?? "/", "http://127.0.0.1");
  const path = url.pathname.replace(/^\/{2,}/, "/");
  const method = request.method ?? "GET";
  const body = await readBody(request);
  if (path.startsWith(`${front.prefix}/`)) {
    const rest = path.slice(front.prefix.length + 1);
    if (method === "GET" && answerHere(rest, url, { response, front })) return;
    if (["POST", "PATCH"].includes(method) && tooLong(rest, body))
      return sendJson(response, 422, commentTooLong);
  }
  await forward({ method, path: path + url.search, body, headers: request.headers }, response, front);
}

const commentTooLong = {
  message: "Validation Failed",
  errors: [
    {
      resource: "IssueComment",
      code: "unprocessable",
      field: "data",
      message: "Body is too long (maximum is 65536 characters)",
    },
  ],
  documentation_url: "https://docs.github.com/rest/issues/comments",
  status: "422",
};

function tooLong(path: string, body: Buffer): boolean {
  if (!/^issues\/(\d+\/)?comments/.test(path)) return false;
  const parsed = z.object({ body: z.string() }).safeParse(JSON.parse(body.toString("utf8") || "{}"));
  return parsed.success && parsed.data.body.length > maxCommentCharacters;
}

/** True when the front itself answered. */
function answerHere(
  path: string,
  url: URL,
  { response, front }: { response: ServerResponse; front: Front },
): boolean {
  const run = /^actions\/runs\/(\d+)$/.exec(path)?.[1];
  if (run !== undefined) {
    const found = front.state.runs.get(Number(run));
    sendJson(response, found === undefined ? 404 : 200, found ?? { message: "Not Found", status: "404" });
    return true;
  }
  if (path === "actions/runs" || /^actions\/workflows\/[^/]+\/runs$/.test(path)) {
    const runs = [...front.state.runs.values()].filter((given) => matches(given, path, url));
    sendJson(response, 200, {
      total_count: runs.length,
      workflow_runs: runs.toSorted((a, b) => b.id - a.id),
    });
    return true;
  }
  const commit = /^commits\/([0-9a-f]{40})\/pulls$/.exec(path)?.[1];
  if (commit === undefined) return false;
  const numbers = [...front.state.pulls.values()]
    .filter(({ commits }) => commits.includes(commit))
    .map(({ number }) => number);
  void pullsOf(numbers, front).then(
    (pulls) => sendJson(response, 200, pulls),
    (error: Error) => sendJson(response, 500, { message: error.message }),
  );
  return true;
}

function matches(run: WorkflowRun, path: string, url: URL): boolean {
  const workflow = /^actions\/workflows\/([^/]+)\/runs$/.exec(path)?.[1];
  const wanted = [
    [workflow === undefined ? null : `.github/workflows/${workflow}`, run.path],
    [url.searchParams.get("head_sha"), run.head_sha],
    [url.searchParams.get("branch"), run.head_branch],
    [url.searchParams.get("event"), run.event],
  ] as const;
  return wanted.every(([given, actual]) => given === null || given === actual);
}

async function pullsOf(numbers: readonly number[], front: Front): Promise<unknown[]> {
  return Promise.all(
    numbers.map(async (number) => {
      const answer = await fetch(`${front.backend}${front.prefix}/pulls/${number}`);
      return corrected(await answer.json(), front);
    }),
  );
}

interface Forwarded {
  readonly method: string;
  readonly path: string;
  readonly body: Buffer;
  readonly headers: IncomingMessage["headers"];
}

async function forward(
  { method, path, body, headers }: Forwarded,
  response: ServerResponse,
  front: Front,
): Promise<void> {
  const answer = await fetch(`${front.backend}${path}`, {
    method,
    headers: {
      ...(headers.authorization === undefined ? {} : { authorization: headers.authorization }),
      ...(body.length > 0 ? { "content-type": "application/json" } : {}),
    },
    ...(body.length > 0 ? { body: new Uint8Array(body) } : {}),
  });
  const text = (await answer.text()).replaceAll(
    front.backend.replace("127.0.0.1", "localhost"),
    `http://${headers.host ?? "127.0.0.1"}`,
  );
  const link = answer.headers.get("link");
  if (link !== null)
    response.setHeader(
      "link",
      link.replaceAll(/<https?:\/\/[^/]+/g, `<http://${headers.host ?? "127.0.0.1"}`),
    );
  const isJson = answer.headers.get("content-type")?.includes("json") === true && text !== "";
  response.writeHead(answer.status, { "content-type": answer.headers.get("content-type") ?? "text/plain" });
  response.end(isJson ? JSON.stringify(corrected(JSON.parse(text), front)) : text);
}

/** Puts git's commits into pull requests and marks the bot as one, wherever they occur in an answer. */
function corrected(value: unknown, front: Front): unknown {
  if (Array.isArray(value)) return value.map((item) => corrected(item, front));
  if (typeof value !== "object" || value === null) return value;
  const copy: Record<string, unknown> = Object.fromEntries(
    Object.entries(value).map(([key, item]) => [key, corrected(item, front)]),
  );
  if (copy["login"] === botLogin) copy["type"] = "Bot";
  const pull = "merge_commit_sha" in copy ? front.state.pulls.get(Number(copy["number"])) : undefined;
  if (pull === undefined) return copy;
  return {
    ...copy,
    merge_commit_sha: pull.merge,
    head: { ...(copy["head"] as object), sha: pull.head, ref: pull.headRef },
    base: { ...(copy["base"] as object), sha: pull.base },
  };
}
