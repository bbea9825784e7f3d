import { createEmulator, type Emulator } from "emulate";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { openGitHub, statusOf } from "../../shared/src/adapters/github.ts";
import { pullRequestComments } from "../../shared/src/adapters/pull-request-comments.ts";
import type { StackResult } from "../../shared/src/contracts/stack-result.ts";
import { Inputs } from "../src/inputs.ts";
import { run } from "../src/run.ts";
import { composeComment, isSuperseded, markerOf, sectionsOf } from "../src/sticky.ts";
import { bucket, context, detectionOf, filesOf, resultOf } from "./fixtures.ts";

let github: Emulator;

const users = ["acme", "deploy-bot", "eve"];

beforeEach(async () => {
  github = await createEmulator({
    service: "github",
    port: 0,
    seed: {
      tokens: Object.fromEntries(users.map((login) => [`token-of-${login}`, { login, scopes: ["repo"] }])),
      github: {
        users: users.map((login) => ({ login })),
        repos: [{ owner: "acme", name: "data-platform", auto_init: true }],
      },
    },
  });
  await request("eve", "POST", "/repos/acme/data-platform/issues", { title: "the first" });
});

afterEach(async () => {
  await github.close();
});

async function request(who: string, method: string, path: string, body?: object): Promise<unknown> {
  const answer = await fetch(`${github.url}${path}`, {
    method,
    headers: { authorization: `token token-of-${who}`, "content-type": "application/json" },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status}`);
  return await answer.json();
}

const say = (who: string, body: string) =>
  request(who, "POST", "/repos/acme/data-platform/issues/1/comments", { body });

async function comments(): Promise<{ id: number; body: string; user: { login: string } }[]> {
  return (await request("eve", "GET", "/repos/acme/data-platform/issues/1/comments?per_page=100")) as never;
}

async function post(
  results: readonly StackResult[],
  {
    inputs = {},
    runId = "17",
    detection = detectionOf(results.map(({ stack }) => stack)),
  }: { inputs?: Record<string, string>; runId?: string; detection?: ReturnType<typeof detectionOf> } = {},
) {
  const empty = Object.fromEntries(Object.keys(Inputs.shape).map((name) => [name, ""]));
  const warnings: string[] = [];
  let summary = "";
  const outputs = await run(Inputs.parse({ ...empty, "github-token": "token-of-deploy-bot", ...inputs }), {
    context: { ...context, id: runId },
    readDetection: async () => JSON.stringify(detection),
    readResults: async () => filesOf(results),
    openComments: async () =>
      pullRequestComments(
        await openGitHub({ token: "token-of-deploy-bot", apiUrl: github.url }),
        "acme/data-platform",
      ),
    isRefusal: (error) => statusOf(error) !== undefined,
    writeSummary: async (markdown) => {
      summary = markdown;
    },
    warn: (text) => warnings.push(text),
    log: () => {},
  });
  return { outputs, warnings, summary };
}

describe("one comment for a pull request", () => {
  it("is written once and then kept up to date, whoever else uses its marker", async () => {
    await say("eve", `${markerOf("deployment")}\nnot yours`);
    const { outputs, summary } = await post([resultOf("stage/a", { changes: [bucket] })]);
    expect(outputs).toEqual({ complete: "true", "comment-url": expect.stringContaining("#issuecomment-2") });
    expect(summary).toContain("## 1 stack would change");
    await post([resultOf("stage/a")], { runId: "18" });
    const all = await comments();
    expect(all.map(({ user }) => user.login)).toEqual(["eve", "deploy-bot"]);
    expect(all[0]?.body).toContain("not yours");
    expect(all[1]?.body).toContain("## No changes in 1 stack");
  });

  it("is found behind a hundred others, and duplicates of it become one", async () => {
    for (let count = 0; count < 101; count++) await say("eve", `comment ${count}`);
    await say("deploy-bot", `${markerOf("deployment")}\nfirst`);
    await say("deploy-bot", `${markerOf("deployment")}\nsecond`);
    await say("deploy-bot", `${markerOf("other")}\nof another pipeline`);
    await post([resultOf("stage/a")]);
    const own = (
      await pullRequestComments(
        await openGitHub({ token: "token-of-deploy-bot", apiUrl: github.url }),
        "acme/data-platform",
      ).list(1)
    ).filter(({ author }) => author.login === "deploy-bot");
    expect(own.map(({ id }) => id)).toEqual([102, 104]);
    expect(own[0]?.body).toContain("## No changes in 1 stack");
  });

  it("keeps below what was applied what had been reviewed", async () => {
    await say(
      "deploy-bot",
      composeComment("## the plan", {
        key: "deployment",
        stage: "plan",
        run: { ...context, id: "16" },
        existing: "",
        limit: 65_536,
      }),
    );
    await post([resultOf("stage/a", { operation: "apply", status: "applied", changes: [bucket] })], {
      inputs: { stage: "apply", "pull-request": "1" },
      detection: { ...detectionOf(["stage/a"]), event: "push", pullRequest: undefined },
    });
    const [comment] = await comments();
    expect(sectionsOf(comment?.body ?? "").map(({ stage, run }) => [stage, run])).toEqual([
      ["apply", "17"],
      ["plan", "16"],
    ]);
    expect(comment?.body).toContain(
      "<details><summary>What was reviewed</summary>\n\n<!-- plan 16.1 -->\n## the plan",
    );
  });

  it("is not set back by an older run", async () => {
    await post([resultOf("stage/a", { changes: [bucket] })], { runId: "18" });
    const { warnings, summary } = await post([resultOf("stage/a")], { runId: "17" });
    expect(warnings).toEqual([expect.stringContaining("A later run has already commented")]);
    expect(summary).toContain("No changes");
    expect((await comments())[0]?.body).toContain("1 stack would change");
  });

  it("shows a stack without a result, and only then fails", async () => {
    const detection = detectionOf(["stage/a", "stage/lost"]);
    await expect(post([resultOf("stage/a")], { detection })).rejects.toMatchObject({
      message: "1 of 2 stacks have no result\nstage/lost: its job left no result",
      outputs: { complete: "false", "comment-url": expect.stringContaining("#issuecomment-1") },
    });
    expect((await comments())[0]?.body).toContain("No result of `stage/lost`");
  });

  it("holds no result of another commit for this one's", async () => {
    await expect(post([resultOf("stage/a", { commit: "e".repeat(40) })])).rejects.toThrow(
      "stage/a: its result is of another commit",
    );
  });
});

describe("plans that an apply has overtaken", () => {
  const open = (title: string) =>
    request("eve", "POST", "/repos/acme/data-platform/pulls", { title, head: title, base: "main" });

  beforeEach(async () => {
    const { object } = (await request("eve", "GET", "/repos/acme/data-platform/git/ref/heads/main")) as {
      object: { sha: string };
    };
    for (const [name, stacks] of Object.entries({
      one: ["stage/a", "stage/b"],
      two: ["stage/b"],
      three: [],
    })) {
      await request("acme", "POST", "/repos/acme/data-platform/git/refs", {
        ref: `refs/heads/${name}`,
        sha: object.sha,
      });
      const { number } = (await open(name)) as { number: number };
      if (stacks.length > 0)
        await post(
          stacks.map((stack) => resultOf(stack, { changes: [bucket] })),
          {
            inputs: { "pull-request": String(number) },
            runId: "16",
          },
        );
    }
  });

  async function apply(stack: string, runId: string, more: Partial<StackResult> = {}) {
    const result = resultOf(stack, { operation: "apply", status: "applied", ...more });
    return await post([result], {
      inputs: { stage: "apply", "pull-request": "1" },
      runId,
      detection: { ...detectionOf([stack]), event: "push", pullRequest: undefined },
    });
  }

  const bodyOn = async (number: number) =>
    (
      (await request("eve", "GET", `/repos/acme/data-platform/issues/${number}/comments`)) as {
        body: string;
      }[]
    )[0]?.body ?? "";

  it("say so, for which stacks, and how to plan again", async () => {
    await apply("stage/a", "20");
    expect(await bodyOn(2)).toContain(
      "> **Outdated:** `stage/a` has been applied since, last by [run 20](https://github.com/acme/data-platform/actions/runs/20). To plan again without a push, open [the run of this plan](https://github.com/acme/data-platform/actions/runs/16)",
    );
    expect(await bodyOn(3)).not.toContain("Outdated");
    expect(await bodyOn(4)).toBe("");
    await apply("stage/b", "21", { status: "failed", timings: { apply: 5 } });
    expect((await bodyOn(2)).match(/Outdated/g)).toHaveLength(1);
    expect(await bodyOn(2)).toContain("`stage/a`, `stage/b` have been applied since, last by [run 21]");
    expect(await bodyOn(3)).toContain("`stage/b` has been applied since");
  });

  it("are left as they are when Terraform did not begin, and lose the word with a new plan", async () => {
    await apply("stage/b", "20", { status: "refused" });
    expect(await bodyOn(3)).not.toContain("Outdated");
    await apply("stage/b", "21");
    expect(await bodyOn(3)).toContain("Outdated");
    await post([resultOf("stage/b", { changes: [bucket] })], {
      inputs: { "pull-request": "3" },
      runId: "22",
    });
    expect(await bodyOn(3)).not.toContain("Outdated");
    expect(sectionsOf(await bodyOn(3))).toHaveLength(1);
  });
});

describe("sections", () => {
  const compose = (content: string, more: Partial<Parameters<typeof composeComment>[1]> = {}) =>
    composeComment(content, {
      key: "deployment",
      stage: "plan",
      run: context,
      existing: "",
      limit: 65_536,
      ...more,
    });

  it("drop what was reviewed to a link when there is no room for it", () => {
    const existing = compose("x".repeat(60_000));
    const body = compose("y".repeat(20_000), { stage: "apply", existing });
    expect(body.length).toBeLessThanOrEqual(65_536);
    expect(body).toContain(
      "What was reviewed: [run 17](https://github.com/acme/data-platform/actions/runs/17)",
    );
  });

  it("stay through several applies, and a new plan begins anew", () => {
    const applied = compose("second", {
      stage: "apply",
      existing: compose("first", { stage: "apply", existing: compose("planned") }),
    });
    expect(sectionsOf(applied).map(({ content }) => content)).toEqual(["second", "planned"]);
    const operated = compose("by hand", { stage: "operate", existing: applied });
    expect(sectionsOf(operated).map(({ stage }) => stage)).toEqual(["operate", "apply", "plan"]);
    expect(sectionsOf(compose("again", { existing: operated })).map(({ content }) => content)).toEqual([
      "again",
    ]);
  });

  it("know which run is later, also beyond what a number holds", () => {
    const body = compose("x", { run: { ...context, id: "90071992547409931" } });
    expect(isSuperseded(body, "plan", { ...context, id: "90071992547409930" })).toBe(true);
    expect(isSuperseded(body, "plan", { ...context, id: "90071992547409931", attempt: 2 })).toBe(false);
    expect(isSuperseded(body, "apply", { ...context, id: "1" })).toBe(false);
  });
});
