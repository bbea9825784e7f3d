import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, describe, expect, it } from "vitest";
import { openGitHub, statusOf } from "../../shared/src/adapters/github.ts";
import { pullRequestComments } from "../../shared/src/adapters/pull-request-comments.ts";
import { Inputs } from "../src/inputs.ts";
import { run } from "../src/run.ts";
import { composeComment } from "../src/sticky.ts";
import { commit, context, detectionOf, filesOf, resultOf } from "./fixtures.ts";

type Answer = readonly [status: number, body: unknown, headers?: Record<string, string>];

let server: Server | undefined;

afterEach(() => {
  server?.close();
  server?.closeAllConnections();
});

/** GitHub, as far as `answer` says; keeps what was asked. */
async function gitHub(
  answer: (request: string, body: string) => Answer,
): Promise<{ url: string; asked: string[] }> {
  const asked: string[] = [];
  server = createServer((request: IncomingMessage, response: ServerResponse) => {
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("end", () => {
      const line = `${request.method} ${request.url?.split("?")[0]}`;
      asked.push(line);
      const [status, body, headers] = answer(line, Buffer.concat(chunks).toString());
      response
        .writeHead(status, { "content-type": "application/json", ...headers })
        .end(JSON.stringify(body));
    });
  });
  await new Promise<void>((resolve) => server?.listen(0, "127.0.0.1", resolve));
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, asked };
}

async function post(
  url: string,
  more: Partial<ReturnType<typeof detectionOf>> = {},
  inputs: Record<string, string> = {},
) {
  const empty = Object.fromEntries(Object.keys(Inputs.shape).map((name) => [name, ""]));
  const warnings: string[] = [];
  let summary = "";
  const outputs = await run(Inputs.parse({ ...empty, "github-token": "x", ...inputs }), {
    context,
    readDetection: async () => JSON.stringify({ ...detectionOf(["stage/a"]), ...more }),
    readResults: async () => filesOf([resultOf("stage/a")]),
    openComments: async () =>
      pullRequestComments(await openGitHub({ token: "x", apiUrl: url }), "acme/data-platform"),
    isRefusal: (error) => statusOf(error) !== undefined,
    writeSummary: async (markdown) => {
      summary = markdown;
    },
    warn: (text) => warnings.push(text),
    log: () => {},
  });
  return { outputs, warnings, summary };
}

const comments = "/repos/acme/data-platform/issues";
const push = { event: "push", pullRequest: undefined } as const;

describe("when GitHub does not take the comment", () => {
  it.each([
    ["a read-only token", 403, "Resource not accessible by integration", "POST"],
    ["a body it finds too long", 422, "Validation Failed: body is too long", "POST"],
    ["a bad token", 401, "Bad credentials", "GET"],
    ["a deleted pull request", 404, "Not Found", "GET"],
  ] as const)(
    "for %s, the summary shows the result and the step does not fail",
    async (...[, status, message, refused]) => {
      const { url } = await gitHub((request) =>
        request.startsWith(refused) ? [status, { message }] : [200, []],
      );
      const { outputs, warnings, summary } = await post(url);
      expect(outputs).toEqual({ "comment-url": "", complete: "true" });
      expect(warnings).toEqual([expect.stringContaining(message)]);
      expect(summary).toContain("## No changes in 1 stack");
    },
  );

  it("tries again after a server error", async () => {
    let failures = 1;
    const { url, asked } = await gitHub((request) => {
      if (request.startsWith("GET")) return failures-- > 0 ? [502, {}] : [200, []];
      return [201, { id: 5, html_url: "https://github.com/c/5" }];
    });
    const { outputs } = await post(url);
    expect(outputs["comment-url"]).toBe("https://github.com/c/5");
    expect(asked.filter((request) => request.startsWith("GET"))).toHaveLength(2);
  });
});

describe("the pull request of a merge", () => {
  const merged = { number: 8, merged_at: "2026-11-22T10:00:00Z", merge_commit_sha: commit };

  it("is the merged one that this commit is the merge of", async () => {
    const { url, asked } = await gitHub((request) => {
      if (request.endsWith(`/commits/${commit}/pulls`))
        return [
          200,
          [
            { number: 6, merged_at: null, merge_commit_sha: commit },
            { ...merged, number: 7, merge_commit_sha: "f".repeat(40) },
            merged,
          ],
        ];
      return request.startsWith("GET") ? [200, []] : [201, { id: 5, html_url: "https://github.com/c/5" }];
    });
    const { outputs } = await post(url, push, { stage: "apply" });
    expect(outputs["comment-url"]).toBe("https://github.com/c/5");
    expect(asked).toContain(`POST ${comments}/8/comments`);
  });

  it("is none for a direct push, and then the summary alone shows the result", async () => {
    const { url, asked } = await gitHub((request) => [200, request.startsWith("GET") ? [] : {}]);
    const { outputs, warnings, summary } = await post(url, push, { stage: "apply" });
    expect(outputs).toEqual({ "comment-url": "", complete: "true" });
    expect(warnings).toEqual([]);
    expect(summary).toContain("## No changes in 1 stack");
    expect(asked).toEqual([`GET /repos/acme/data-platform/commits/${commit}/pulls`]);
  });
});

describe("who we are", () => {
  const own = (login: string, type: string) => ({
    id: 9,
    body: composeComment("old", {
      key: "deployment",
      stage: "plan",
      run: { ...context, id: "3" },
      existing: "",
      limit: 65_536,
    }),
    user: { login, type },
  });

  it.each([
    [
      "GITHUB_TOKEN, which may not ask",
      own("github-actions[bot]", "Bot"),
      [403, { message: "Resource not accessible by integration" }],
      "PATCH",
    ],
    [
      "an app, by GraphQL",
      own("my-app[bot]", "Bot"),
      [200, { data: { viewer: { login: "my-app[bot]" } } }],
      "PATCH",
    ],
    [
      "a person who has a bot's name",
      own("github-actions", "User"),
      [403, { message: "Resource not accessible by integration" }],
      "POST",
    ],
  ] as const)("is told for %s", async (_, comment, identity, method) => {
    const { url, asked } = await gitHub((request) => {
      if (request === "POST /graphql" || request === "GET /user") return identity;
      return request.startsWith("GET")
        ? [200, [comment]]
        : [200, { id: 9, html_url: "https://github.com/c/9" }];
    });
    await post(url);
    expect(asked.at(-1)).toMatch(new RegExp(`^${method} `));
  });
});
