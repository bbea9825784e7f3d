import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import type { RunReport } from "../src/rehearsal.ts";
import { runWorkflow } from "../src/workflow-run.ts";
import { type Tiny, tinyRehearsal } from "./tiny-repository.ts";

const workflow = `name: tiny
on: pull_request
permissions: {}
concurrency: { group: g, cancel-in-progress: false, queue: max }
jobs:
  first:
    name: first
    runs-on: ubuntu-latest
    outputs: { matrix: "\${{ steps.say.outputs.matrix }}" }
    steps:
      - uses: actions/checkout@1111111111111111111111111111111111111111
        with: { ref: "\${{ github.ref }}", fetch-depth: 0, persist-credentials: false }
      - id: say
        uses: ./actions/say
        env: { GITHUB_TOKEN: "\${{ secrets.GITHUB_TOKEN }}" }
      - run: git rev-list --count HEAD > made.txt; env > environment.txt
      - uses: actions/upload-artifact@2222222222222222222222222222222222222222
        with: { name: made-first, path: "made.txt\\nenvironment.txt" }
  second:
    name: second \${{ matrix.shard.environment }}
    needs: first
    runs-on: ubuntu-latest
    permissions: { id-token: write }
    environment: \${{ matrix.shard.environment }}
    strategy:
      fail-fast: false
      matrix: { shard: "\${{ fromJSON(needs.first.outputs.matrix) }}" }
    steps:
      - uses: actions/checkout@1111111111111111111111111111111111111111
        with: { persist-credentials: false }
      - run: git rev-list --count HEAD > count-\${{ matrix.shard.environment }}.txt
      - uses: ./actions/token
      - uses: actions/upload-artifact@2222222222222222222222222222222222222222
        with: { name: "made-\${{ matrix.shard.environment }}", path: "*-\${{ matrix.shard.environment }}.txt" }
  skipped:
    needs: first
    if: \${{ needs.first.outputs.matrix == '[]' }}
    runs-on: ubuntu-latest
    steps:
      - run: exit 1
  third:
    name: third
    needs: [second, skipped]
    if: \${{ !cancelled() }}
    runs-on: ubuntu-latest
    steps:
      - uses: actions/download-artifact@3333333333333333333333333333333333333333
        with: { pattern: made-*, merge-multiple: true, path: all }
      - run: ls all > listed.txt; echo "::warning::look here"
      - uses: actions/upload-artifact@2222222222222222222222222222222222222222
        with: { name: listed, path: listed.txt }
`;

const action = `name: x
description: x
runs: { using: node24, main: index.mjs }
outputs: { matrix: { description: m } }
`;

const say = `import { appendFileSync, readFileSync } from "node:fs";
const { GITHUB_API_URL, GITHUB_REPOSITORY, GITHUB_EVENT_PATH, GITHUB_TOKEN, GITHUB_OUTPUT } = process.env;
const event = JSON.parse(readFileSync(GITHUB_EVENT_PATH, "utf8"));
const url = GITHUB_API_URL + "/repos/" + GITHUB_REPOSITORY + "/issues/" + event.pull_request.number + "/comments";
const headers = { authorization: "Bearer " + GITHUB_TOKEN, "content-type": "application/json" };
const answer = await fetch(url, { method: "POST", headers, body: JSON.stringify({ body: "planned " + process.env.GITHUB_SHA }) });
if (answer.status !== 201) throw new Error(String(answer.status));
console.log("the token is " + GITHUB_TOKEN);
appendFileSync(GITHUB_OUTPUT, 'matrix=[{"environment":"stage"},{"environment":"prod"}]\\n');
`;

const token = `import { writeFileSync } from "node:fs";
const { ACTIONS_ID_TOKEN_REQUEST_URL: url, ACTIONS_ID_TOKEN_REQUEST_TOKEN: bearer } = process.env;
const answer = await fetch(url + "&audience=sts.amazonaws.com", { headers: { authorization: "Bearer " + bearer } });
const { value } = await answer.json();
const claims = JSON.parse(Buffer.from(value.split(".")[1], "base64url").toString());
writeFileSync("claims-" + claims.environment + ".txt", JSON.stringify(claims));
`;

let tiny: Tiny;
let run: RunReport;

beforeAll(async () => {
  process.env["CANARY"] = "must not be seen";
  tiny = await tinyRehearsal({
    ".github/workflows/tiny.yml": workflow,
    "actions/say/action.yml": action,
    "actions/say/index.mjs": say,
    "actions/token/action.yml": action,
    "actions/token/index.mjs": token,
    "infra/stage/one.ts": "export {};\n",
  });
  const { rehearsal } = tiny;
  const number = await rehearsal.servers.github.openPull({
    title: "Platform",
    body: "",
    headRef: "platform",
  });
  const pull = await rehearsal.repository.pullRequest(number, "platform");
  run = await runWorkflow(rehearsal, {
    title: "#1",
    workflow: "tiny.yml",
    event: "pull_request",
    ref: `refs/pull/${number}/merge`,
    commit: pull.merge,
    payload: {
      number,
      pull_request: {
        number,
        head: { ref: "platform", sha: pull.head },
        base: { ref: "main", sha: pull.base },
      },
    },
    headRef: "platform",
    pullRequest: number,
  });
}, 120_000);

afterAll(async () => tiny[Symbol.asyncDispose]());

const artifact = (name: string, file: string): Promise<string> =>
  readFile(join(run.artifacts, name, file), "utf8");

it("runs the repository's workflow: jobs, matrix, skipped jobs, artifacts", async () => {
  expect(run.faults).toEqual([]);
  expect(run.succeeded).toBe(true);
  expect(
    run.jobs
      .filter(({ result }) => result === "success")
      .map(({ name }) => name)
      .sort(),
  ).toEqual(["first", "second prod", "second stage", "third"]);
  expect((await artifact("listed", "listed.txt")).split("\n")).toEqual(
    expect.arrayContaining(["made.txt", "claims-stage.txt", "claims-prod.txt"]),
  );
  const third = run.jobs.find(({ name }) => name === "third");
  expect(third?.annotations).toEqual([{ level: "warning", message: "look here" }]);
  expect(
    third?.steps.filter(({ stage }) => stage === "Main").every(({ milliseconds }) => milliseconds > 0),
  ).toBe(true);
});

it("checks out as deep as asked for", async () => {
  expect((await artifact("made-first", "made.txt")).trim()).toBe("3");
  expect((await artifact("made-stage", "count-stage.txt")).trim()).toBe("1");
});

it("gives tokens for the job's environment, and only to jobs with the permission", async () => {
  const claims = JSON.parse(await artifact("made-prod", "claims-prod.txt")) as Record<string, unknown>;
  expect(claims).toMatchObject({
    iss: "https://token.actions.githubusercontent.com",
    aud: "sts.amazonaws.com",
    sub: "repo:acme/tiny:environment:prod",
    environment: "prod",
    job_workflow_ref: "acme/tiny/.github/workflows/tiny.yml@refs/pull/1/merge",
    event_name: "pull_request",
  });
  expect(Number(claims["exp"]) - Number(claims["iat"])).toBe(300);
  expect(await artifact("made-first", "environment.txt")).not.toContain("ACTIONS_ID_TOKEN");
});

it("shows the jobs nothing of this machine's environment, and masks the token", async () => {
  expect(await artifact("made-first", "environment.txt")).not.toContain("CANARY");
  const log = await readFile(join(tiny.rehearsal.options.out, "logs", `${run.id}-tiny.log`), "utf8");
  expect(log).toContain("the token is ***");
  expect(log).not.toContain(tiny.rehearsal.servers.github.token);
});

it("lets the jobs write to the pull request as the bot", async () => {
  const comments = await tiny.rehearsal.servers.github.comments(1);
  expect(comments.map(({ user, body }) => [user.login, body])).toEqual([
    ["github-actions[bot]", `planned ${run.commit}`],
  ]);
});

it("lists what it adapted", () => {
  expect(tiny.rehearsal.repository.adaptations.map(({ job, what }) => [job, what])).toEqual([
    [undefined, "`concurrency.queue` dropped"],
    ["second", "address and key of the token service in its environment"],
  ]);
});
