import { cpSync, existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { actionNames } from "../../build.ts";
import { readAction } from "../../readme.ts";
import { type ActionProgram, runActionProcess } from "./action-process.ts";
import { TemporaryRepository } from "./temporary-repository.ts";

// What users run: each committed bundle, copied to where no node_modules is above it.
const away = mkdtempSync(join(tmpdir(), "bundles-"));
const bundleOf = (name: string): ActionProgram => ({
  name,
  script: join(away, name, readAction(name).runs.main),
});

beforeAll(() => {
  for (const name of actionNames())
    cpSync(join(import.meta.dirname, "..", "..", name, "dist"), join(away, name, "dist"), {
      recursive: true,
    });
});
afterAll(() => rmSync(away, { recursive: true }));

const map = `
version: 1
project: activity
repository: acme/data
state: { bucket: acme-state, region: eu-west-1 }
environments:
  stage: { account: "123456789012", region: eu-west-1 }
stacks:
  network: { environment: stage, folder: network, paths: [network/**] }
  queue: { environment: stage, folder: queue, paths: [queue/**], after: [network] }
`;

function repository() {
  const made = TemporaryRepository.create({
    ".github/stacks.yml": map,
    "network/main.tf": 'resource "terraform_data" "a" {}\n',
    "queue/main.tf": 'resource "terraform_data" "b" {}\n',
  });
  const base = made.git("rev-parse", "HEAD");
  made.git("checkout", "--quiet", "-b", "topic");
  const head = made.commit({ "queue/main.tf": 'resource "terraform_data" "b" { input = 1 }\n' });
  made.checkOutMerge("topic");
  const event = join(made.folder, "..", `${head}.json`);
  const pull = { number: 7, head: { sha: head, repo: { full_name: "acme/data" } }, base: { sha: base } };
  writeFileSync(
    event,
    JSON.stringify({
      pull_request: { ...pull, user: { login: "ann" } },
      repository: { full_name: "acme/data" },
    }),
  );
  const env = {
    GITHUB_WORKSPACE: made.folder,
    GITHUB_REPOSITORY: "acme/data",
    GITHUB_EVENT_NAME: "pull_request",
    GITHUB_EVENT_PATH: event,
    GITHUB_ACTOR: "ann",
    GITHUB_RUN_ID: "1",
    GITHUB_RUN_ATTEMPT: "1",
    GITHUB_SHA: made.git("rev-parse", "HEAD"),
    GITHUB_SERVER_URL: "https://github.com",
    RUNNER_TEMP: away,
  };
  return { made, env };
}

describe.each(actionNames())("the bundle of %s", (name) => {
  it("starts away from any node_modules, and names a wrong input", async () => {
    const { inputs } = readAction(name);
    const required = Object.keys(inputs).find((key) => inputs[key]?.required === true);
    const doubtful = Object.keys(inputs).find((key) => /mode|stage|compare|max-jobs/.test(key));
    const wrong = required ?? doubtful ?? "detection";
    const run = await runActionProcess(bundleOf(name), { [wrong]: required === undefined ? "nonsense" : "" });
    expect(run.log).toMatch(/^::error::input "[\w-]+": /m);
    expect(run.code).toBe(1);
    expect(run.log).not.toContain("at file:");
  });

  it("has the post step that action.yml names", () => {
    const { post } = readAction(name).runs;
    if (post !== undefined) expect(existsSync(join(away, name, post))).toBe(true);
  });
});

describe("the bundle of detect-changes", () => {
  it("finds the one stack that a pull request changes", async () => {
    const { made, env } = repository();
    const run = await runActionProcess(bundleOf("detect-changes"), {}, env);
    expect(run.log).toContain("1 of 2 stacks are affected.");
    expect(JSON.parse(run.outputs["matrix"] ?? "")).toEqual([
      expect.objectContaining({ environment: "stage", stacks: "queue" }),
    ]);
    expect(existsSync(join(made.folder, "detection.json"))).toBe(true);
  });

  it("says which stack was meant by a name that is none", async () => {
    const { env } = repository();
    const run = await runActionProcess(bundleOf("detect-changes"), { stacks: "netwrk" }, env);
    expect(run.log).toMatch(/::error::.*netwrk.*did you mean "network"/);
    expect(run.code).toBe(1);
  });
});

describe.each(["plan", "apply"])("the bundle of %s", (name) => {
  it.each([
    ["a stack that is not in the map", { stacks: "quue" }, /quue.*did you mean "queue"/],
    [
      "an operation that is none",
      { stacks: "queue", operation: "aply" },
      /input "operation": must be one of/,
    ],
    [
      "a missing Terraform",
      { stacks: "queue", terraform: "no-such-terraform", assume: "false" },
      /no-such-terraform/,
    ],
  ])("refuses %s", async (_fault, inputs, message) => {
    const { env } = repository();
    const run = await runActionProcess(bundleOf(name), inputs, {
      ...env,
      AWS_ENDPOINT_URL: "http://127.0.0.1:9",
    });
    expect(run.log).toMatch(message);
    expect(run.code).toBe(1);
  });
});
