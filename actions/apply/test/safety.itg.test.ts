import { mkdirSync } from "node:fs";
import type { IncomingMessage } from "node:http";
import { join } from "node:path";
import { DeleteObjectCommand, PutObjectCommand } from "@aws-sdk/client-s3";
import { afterAll, beforeAll, expect, test } from "vitest";
import { openDoor } from "../../shared/test/aws-door.ts";
import { bucket, Deployment, rootModule, stackMapText } from "../../shared/test/deployment.ts";
import { localServer } from "../../shared/test/local-server.ts";
import { type MotoServer, startMoto } from "../../shared/test/moto-server.ts";

let moto: MotoServer;
beforeAll(async () => {
  moto = await startMoto();
});
afterAll(() => moto.stop());

const resource = (name: string, text: string) =>
  `resource "terraform_data" "${name}" { input = "${text}" }\n`;
const stateKey = "app/terraform.tfstate";

/** A stack whose first configuration was planned, merged and applied. */
async function deployed(stack = ""): Promise<Deployment> {
  const deployment = await Deployment.create(moto, {
    "stacks.yml": stackMapText({ stacks: { app: stack } }),
    "app/main.tf": rootModule("app", resource("base", "one")),
  });
  await deployment.plan({ stacks: "app" }, { pullRequest: 1 });
  await deployment.apply({ stacks: "app" });
  return deployment;
}

/** A branch from main with these files, planned as it would be merged. Leaves main checked out. */
async function pullRequest(
  deployment: Deployment,
  number: number,
  files: Record<string, string>,
): Promise<string> {
  const { repository } = deployment;
  const branch = `branch-${number}`;
  repository.git("checkout", "--quiet", "-b", branch, "main");
  const head = repository.commit(files);
  repository.checkOutMerge(branch);
  await deployment.plan({ stacks: "app" }, { pullRequest: number, head });
  repository.git("checkout", "--quiet", "main");
  return branch;
}

const merge = ({ repository }: Deployment, branch: string) =>
  repository.git("merge", "--quiet", "--no-ff", "--message", `merge ${branch}`, branch);

test("two pull requests that were merged one after the other are applied as each was reviewed", async () => {
  using deployment = await deployed();
  const one = await pullRequest(deployment, 11, { "app/a.tf": resource("a", "a") });
  const two = await pullRequest(deployment, 12, { "app/b.tf": resource("b", "b") });
  merge(deployment, one);
  merge(deployment, two);
  const step = await deployment.apply({ stacks: "app" });
  expect(step.results.get("app")).toMatchObject({ status: "applied", counts: { create: 2 } });
});

test("a commit between them that nobody reviewed keeps all of it back", async () => {
  using deployment = await deployed();
  const one = await pullRequest(deployment, 11, { "app/a.tf": resource("a", "a") });
  merge(deployment, one);
  const pushed = deployment.repository.commit({ "app/b.tf": resource("b", "b") });
  const step = await deployment.apply({ stacks: "app" });
  expect(step.results.get("app")).toMatchObject({
    status: "unreviewed",
    error: { message: expect.stringContaining(`commit ${pushed.slice(0, 7)} has no reviewed plan`) },
  });
});

test("two squashed pull requests are found when GitHub says what became of them", async () => {
  using deployment = await deployed();
  const { repository } = deployment;
  const pulls: Record<string, object> = {};
  // Each plan is made before the other's change, so main's configuration will have no record of its own.
  const branches = [
    [11, "a", await pullRequest(deployment, 11, { "app/a.tf": resource("a", "a") })],
    [12, "b", await pullRequest(deployment, 12, { "app/b.tf": resource("b", "b") })],
  ] as const;
  for (const [number, name, branch] of branches) {
    const head = repository.git("rev-parse", branch);
    // Main moves elsewhere, so that the squashed commit has another tree than was planned.
    repository.commit({ [`docs/${name}.md`]: name });
    repository.git("merge", "--quiet", "--squash", branch);
    const squashed = repository.commit({}, `squash ${branch}`);
    pulls[squashed] = {
      number,
      merged_at: "2026-01-01T00:00:00Z",
      merge_commit_sha: squashed,
      head: { sha: head },
    };
  }
  const github = await localServer(({ url }) => {
    const commit = /commits\/([0-9a-f]{40})\/pulls/.exec(url.pathname)?.[1] ?? "";
    return { body: JSON.stringify(pulls[commit] === undefined ? [] : [pulls[commit]]), headers: json };
  });
  const without = await deployment.apply({ stacks: "app" });
  expect(without.results.get("app")).toMatchObject({ status: "unreviewed" });
  const env = { GITHUB_API_URL: github.url };
  const step = await deployment.apply({ stacks: "app", "github-token": "t" }, { env });
  expect(step.results.get("app")).toMatchObject({ status: "applied", counts: { create: 2 } });
});

test("a review is spent once it was deployed: what drifts afterwards is not taken for reviewed", async () => {
  using deployment = await deployed();
  const state = JSON.parse(await deployment.object(stateKey));
  const Body = JSON.stringify({ ...state, serial: state.serial + 1, resources: [] });
  await deployment.s3.send(new PutObjectCommand({ Bucket: bucket, Key: stateKey, Body }));
  const step = await deployment.apply({ stacks: "app" });
  expect(step.results.get("app")).toMatchObject({
    status: "refused",
    error: {
      message: expect.stringContaining("the reviewed plan is spent: its configuration was deployed on"),
    },
    differences: ["terraform_data.base: create – was not in the reviewed plan"],
  });
});

const json = { "content-type": "application/json" };

test("what trips a guard waits for the label, set for this plan by someone who may push", async () => {
  using deployment = await deployed("    guard: { protected: [terraform_data] }\n");
  const branch = await pullRequest(deployment, 11, {
    "app/main.tf": rootModule("app", resource("other", "one")),
  });
  merge(deployment, branch);
  const guards = [
    { rule: "protected-type", message: expect.stringContaining("terraform_data.base would be deleted") },
  ];
  let label = { at: "2020-01-01T00:00:00Z", by: "ann" };
  const github = await localServer(({ url }) => {
    if (url.pathname.endsWith("/issues/11/events"))
      return {
        body: JSON.stringify([
          {
            event: "labeled",
            created_at: label.at,
            actor: { login: label.by },
            label: { name: "allow-destroy" },
          },
        ]),
        headers: json,
      };
    if (url.pathname.endsWith("/collaborators/ann/permission"))
      return { body: JSON.stringify({ permission: "write" }), headers: json };
    if (url.pathname.endsWith("/collaborators/eve/permission"))
      return { body: JSON.stringify({ permission: "read" }), headers: json };
    return { status: 404, body: "{}", headers: json };
  });
  const apply = (token: string) =>
    deployment.apply({ stacks: "app", "github-token": token }, { env: { GITHUB_API_URL: github.url } });
  const refusal = async (token: string) => {
    const result = (await apply(token)).results.get("app");
    expect(result).toMatchObject({ status: "refused", guards });
    return result?.error?.message;
  };
  expect(await refusal("")).toContain("without github-token");
  expect(await refusal("t")).toContain("is older than the plan");
  label = { at: "2100-01-01T00:00:00Z", by: "eve" };
  expect(await refusal("t")).toContain("set by eve, who may not push");
  label = { at: "2100-01-01T00:00:00Z", by: "ann" };
  expect((await apply("t")).results.get("app")).toMatchObject({ status: "applied", guards });
});

test("a plan that a person approved in its own run needs no label", async () => {
  using deployment = await deployed("    guard: { max-deletes: 0 }\n");
  const none = { pullRequest: undefined, runId: "70" };
  await deployment.plan({ stacks: "app", operation: "destroy" }, none);
  const byHand = { stacks: "app", "reviewed-in": "run", operation: "destroy", confirm: "app" };
  const step = await deployment.apply(byHand, { runId: "70" });
  expect(step.results.get("app")).toMatchObject({ status: "applied", guards: [{ rule: "max-deletes" }] });
});

const isStateWrite = ({ method, url }: IncomingMessage): boolean =>
  method === "PUT" && /terraform\.tfstate(\?|$)/.test(url ?? "");

test.each(["a file", "the log"])(
  "a state that only reached %s is kept, and blocks the stack until it is dealt with",
  async (place) => {
    using deployment = await deployed();
    const branch = await pullRequest(deployment, 11, { "app/a.tf": resource("a", "canary-in-the-state") });
    merge(deployment, branch);
    // Where Terraform cannot write the file either, it prints the state.
    if (place === "the log") mkdirSync(join(deployment.repository.folder, "app", "errored.tfstate"));
    const env = { AWS_ENDPOINT_URL: (await openDoor(moto.url, isStateWrite)).url };
    const step = await deployment.apply({ stacks: "app" }, { env, runId: "90" });
    const key = "rescued/app/90-1.tfstate";
    expect(step.results.get("app")).toMatchObject({
      status: "failed",
      error: { message: expect.stringContaining(`it is kept in s3://${bucket}/${key}`) },
    });
    expect(await deployment.object(key)).toContain("canary-in-the-state");
    if (place === "the log") expect(step.log).toContain("It is kept out of the log");
    expect(step.log).not.toContain('"lineage"');

    const blocked = await deployment.apply({ stacks: "app" });
    expect(blocked.results.get("app")).toMatchObject({
      status: "failed",
      error: { message: expect.stringContaining(`an earlier apply could not write its state`) },
    });
    await deployment.s3.send(
      new PutObjectCommand({ Bucket: bucket, Key: stateKey, Body: await deployment.object(key) }),
    );
    await deployment.s3.send(new DeleteObjectCommand({ Bucket: bucket, Key: key }));
    const after = await deployment.apply({ stacks: "app" });
    expect(after.results.get("app")).toMatchObject({ status: "no-changes" });
  },
);

test("a job that may outlive its credentials applies nothing, and says which numbers to change", async () => {
  const role = "arn:aws:iam::123456789012:role/apply";
  using deployment = await Deployment.create(moto, {
    "stacks.yml": stackMapText({ stacks: { app: `    apply-role: ${role}\n` } }),
    "app/main.tf": rootModule("app", resource("base", "one")),
  });
  const inputs = { stacks: "app", assume: "true", "timeout-minutes": "90" };
  const step = await deployment.apply(inputs);
  expect(step.code).toBe(1);
  expect(step.log).toMatch(/credentials of 3600 s may end before the job does, which has 90 min/);
  expect(step.log).toMatch(
    /Set duration-seconds to 5400.* timeout-minutes of the job and of this step to 60/,
  );
});
