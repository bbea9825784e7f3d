import { createEmulator, type Emulator } from "emulate";
import { afterEach, beforeEach, expect, test } from "vitest";
import { bucket, detectionOf, resultOf } from "../../comment/test/fixtures.ts";
import { openGitHub } from "../../shared/src/adapters/github.ts";
import { trackedIssues } from "../../shared/src/adapters/tracked-issues.ts";
import type { StackResult } from "../../shared/src/contracts/stack-result.ts";
import type { TrackedIssues } from "../../shared/src/ports/tracked-issues.ts";
import { Inputs } from "../src/inputs.ts";
import { run } from "../src/run.ts";

let github: Emulator;
beforeEach(async () => {
  github = await createEmulator({
    service: "github",
    port: 0,
    seed: {
      tokens: Object.fromEntries(
        ["deploy-bot", "eve"].map((login) => [`token-of-${login}`, { login, scopes: ["repo"] }]),
      ),
      github: {
        users: [{ login: "acme" }, { login: "deploy-bot" }, { login: "eve" }],
        repos: [{ owner: "acme", name: "data-platform", auto_init: true }],
      },
    },
  });
});
afterEach(() => github.close());

interface Issue {
  readonly number: number;
  readonly title: string;
  readonly state: string;
  readonly body: string;
}

async function call(who: string, method: string, path: string, body?: object): Promise<unknown> {
  const answer = await fetch(`${github.url}/repos/acme/data-platform${path}`, {
    method,
    headers: { authorization: `token token-of-${who}`, "content-type": "application/json" },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status}`);
  return answer.json();
}

const issues = async (state = "open") =>
  ((await call("eve", "GET", `/issues?state=${state}&per_page=100`)) as Issue[])
    .toSorted((left, right) => left.number - right.number)
    .map(({ number, title, body }) => ({ number, title, body }));
const titles = async (state?: string) => (await issues(state)).map(({ title }) => title);

interface Scene {
  readonly all?: readonly string[];
  readonly undeployed?: readonly string[];
  readonly destroyed?: readonly string[];
  readonly issues?: TrackedIssues;
}

async function report(
  results: readonly StackResult[],
  { all = results.map(({ stack }) => stack), undeployed = [], destroyed = [], issues: kept }: Scene = {},
) {
  const warnings: string[] = [];
  const empty = Object.fromEntries(Object.keys(Inputs.shape).map((name) => [name, ""]));
  const outputs = await run(Inputs.parse({ ...empty, "github-token": "token-of-deploy-bot" }), {
    runUrl: "https://github.com/acme/data-platform/actions/runs/17",
    readDetection: async (path) =>
      path === "detection.json"
        ? detectionOf(all)
        : { ...detectionOf(undeployed), unchanged: detectionOf(destroyed).affected },
    readResults: async () => [...results.map((result) => JSON.stringify(result)), "{"],
    openIssues: async () =>
      kept ??
      trackedIssues(
        await openGitHub({ token: "token-of-deploy-bot", apiUrl: github.url }),
        "acme/data-platform",
        "drift",
      ),
    summary: async () => {},
    log: () => {},
    warn: (text) => warnings.push(text),
  });
  return { outputs, warnings };
}

const drifted = (stack: string) => resultOf(stack, { changes: [bucket] });

test("one issue for each drifted stack: opened, kept up to date, closed when it is clean", async () => {
  const { outputs } = await report([drifted("stage/a"), resultOf("stage/b")]);
  expect(outputs).toEqual({ drifted: "stage/a", undeployed: "" });
  expect(await titles()).toEqual(["stage/a has drifted"]);
  expect((await issues())[0]?.body).toContain("aws_s3_bucket.raw_layer: create");

  await report([drifted("stage/a"), drifted("stage/b")]);
  expect(await titles()).toEqual(["stage/a has drifted", "stage/b has drifted"]);

  await report([resultOf("stage/a"), drifted("stage/b")]);
  expect(await titles()).toEqual(["stage/b has drifted"]);
  expect(await titles("closed")).toEqual(["stage/a has drifted"]);
});

test("what main has and is not deployed is one issue, and no drift", async () => {
  const { outputs } = await report([drifted("stage/a"), drifted("stage/gone")], {
    undeployed: ["stage/a"],
    destroyed: ["stage/gone"],
  });
  expect(outputs).toEqual({ drifted: "", undeployed: "stage/a" });
  expect(await titles()).toEqual(["Merged, and not deployed"]);
  await report([resultOf("stage/a")]);
  expect(await titles()).toEqual([]);
});

test("a stack that could not be planned keeps its issue, and fails the step", async () => {
  await report([drifted("stage/a"), drifted("stage/b")]);
  const locked = resultOf("stage/a", { status: "locked", error: { message: "stage/a is locked by ann" } });
  await expect(report([locked], { all: ["stage/a", "stage/b"] })).rejects.toMatchObject({
    message:
      "2 stacks could not be checked for drift\nstage/a: stage/a is locked by ann\nstage/b: its job left no result",
    outputs: { drifted: "", undeployed: "" },
  });
  expect(await titles()).toEqual(["stage/a has drifted", "stage/b has drifted"]);
});

test("issues of others are left alone, doubles become one, those of stacks that are gone are closed", async () => {
  const mark = (stack: string) => `<!-- data-platform drift deployment ${stack} -->\n`;
  const open = (who: string, body: string) =>
    call(who, "POST", "/issues", { title: "x", body, labels: ["drift"] });
  await open("eve", mark("stage/a"));
  await open("deploy-bot", mark("stage/a"));
  await open("deploy-bot", mark("stage/a"));
  await open("deploy-bot", mark("stage/former"));
  await open("deploy-bot", "<!-- data-platform drift other stage/a -->\n");
  await report([drifted("stage/a")]);
  expect(await issues()).toMatchObject([
    { number: 1, title: "x" },
    { number: 2, title: "stage/a has drifted" },
    { number: 5, title: "x" },
  ]);
});

test("where everything drifts, the issues come little by little", async () => {
  const created: string[] = [];
  const kept: TrackedIssues = {
    list: async () => [],
    viewer: async () => "deploy-bot",
    create: async ({ title }) => created.push(title),
    update: async () => {},
    close: async () => {},
  };
  const results = Array.from({ length: 33 }, (_, index) => drifted(`stage/s${index}`));
  const { warnings } = await report(results, { issues: kept });
  expect(created).toHaveLength(20);
  expect(warnings).toEqual([expect.stringContaining("13 more stacks have drifted")]);
});
