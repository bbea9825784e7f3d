import { PutObjectCommand } from "@aws-sdk/client-s3";
import { afterAll, beforeAll, expect, test } from "vitest";
import { bucket, Deployment, rootModule, stackMapText } from "../../shared/test/deployment.ts";
import { type MotoServer, startMoto } from "../../shared/test/moto-server.ts";

let moto: MotoServer;
beforeAll(async () => {
  moto = await startMoto();
});
afterAll(() => moto.stop());

const note = (text: string, id = "app") =>
  rootModule(id, `resource "terraform_data" "note" { input = "${text}" }\n`);
const files = (text: string, map = stackMapText({ stacks: { app: "" } })) => ({
  "stacks.yml": map,
  "app/main.tf": note(text),
});

/** A branch that is not merged by a merge commit. */
const elsewhere = "e".repeat(40);

test("what a pull request planned is applied once, and the marker says of which commit", async () => {
  using deployment = await Deployment.create(moto, files("one"));
  const planned = await deployment.plan({ stacks: "app" });
  expect(planned.outputs).toMatchObject({ changes: "app", failed: "" });
  expect(await deployment.keys()).toEqual([
    expect.stringMatching(/^records\/app\/[0-9a-f]{64}\/\d+-1\.json$/),
    expect.stringMatching(/^records\/app\/links\/[0-9a-f]{40}-[0-9a-f]{40}-[0-9a-f]{64}-\d+-1\.json$/),
  ]);

  const applied = await deployment.apply({ stacks: "app" });
  expect(applied).toMatchObject({ code: 0, outputs: { applied: "app", refused: "" } });
  expect(applied.results.get("app")).toMatchObject({ status: "applied", counts: { create: 1 } });
  const { digest, commit, serial } = await deployment.marker("app");
  expect({ digest, commit, serial }).toEqual({
    digest: planned.results.get("app")?.digest,
    commit: deployment.head,
    serial: 1,
  });
  expect(await deployment.keys("app/")).toEqual(["app/terraform.tfstate"]);

  const again = await deployment.apply({ stacks: "app" });
  expect(again.results.get("app")).toMatchObject({ status: "no-changes", state: { serial: 1 } });
  expect(again).toMatchObject({ code: 0, outputs: { applied: "" } });
  expect(deployment.repository.git("status", "--porcelain", "--ignored")).toBe("");
});

test("a configuration that no pull request planned is shown and not applied", async () => {
  using deployment = await Deployment.create(moto, files("one"));
  await deployment.plan({ stacks: "app" });
  deployment.repository.commit({ "app/main.tf": note("two") });
  const step = await deployment.apply({ stacks: "app" });
  expect(step).toMatchObject({ code: 1, outputs: { applied: "", refused: "app" } });
  expect(step.results.get("app")).toMatchObject({ status: "unreviewed", counts: { create: 1 } });
  expect(step.log).toContain("no pull request has a plan of this configuration");
  expect(await deployment.keys("app/")).toEqual([]);
});

test("an environment can let unreviewed plans through", async () => {
  const map = stackMapText({ stacks: { app: "" }, unreviewed: "apply" });
  using deployment = await Deployment.create(moto, files("one", map));
  const step = await deployment.apply({ stacks: "app" });
  expect(step).toMatchObject({ code: 0, outputs: { applied: "app" } });
});

test("a state that changed since the review is refused, change by change", async () => {
  const map = stackMapText({ stacks: { app: "" }, unreviewed: "apply" });
  using deployment = await Deployment.create(moto, files("one", map));
  await deployment.apply({ stacks: "app" });
  const reviewed = deployment.repository.commit({ "app/main.tf": note("two") });
  await deployment.plan({ stacks: "app" }, { head: elsewhere });
  deployment.repository.commit({ "app/main.tf": note("three") });
  await deployment.apply({ stacks: "app" });
  deployment.repository.commit({ "app/main.tf": note("two") });
  expect(deployment.head).not.toBe(reviewed);

  const step = await deployment.apply({ stacks: "app" });
  expect(step).toMatchObject({ code: 1, outputs: { refused: "app" } });
  expect(step.results.get("app")).toMatchObject({ status: "refused", state: { serial: 2 } });
  expect(step.results.get("app")?.differences).toContainEqual(
    "terraform_data.note: update – /input is no longer what it was at the review",
  );
  expect(await deployment.object("app/terraform.tfstate")).toContain("three");
});

test("what was reviewed and is done already does no harm", async () => {
  const map = stackMapText({ stacks: { app: "" }, unreviewed: "apply" });
  using deployment = await Deployment.create(moto, files("one", map));
  const two = `${note("one")}resource "terraform_data" "other" { input = "x" }\n`;
  deployment.repository.commit({ "app/main.tf": two });
  await deployment.plan({ stacks: "app" }, { head: elsewhere });
  deployment.repository.commit({ "app/main.tf": note("one") });
  await deployment.apply({ stacks: "app" });
  // The state had no lineage when the plan was made, so any state may follow it.
  deployment.repository.commit({ "app/main.tf": two });
  const step = await deployment.apply({ stacks: "app" });
  expect(step.results.get("app")).toMatchObject({
    status: "applied",
    counts: { create: 1 },
    alreadyDone: ["terraform_data.note: create"],
  });
});

test("an older run applies nothing once a newer commit is deployed", async () => {
  using deployment = await Deployment.create(moto, files("one"));
  const older = deployment.head;
  await deployment.plan({ stacks: "app" });
  deployment.repository.commit({ "app/main.tf": note("two") });
  await deployment.plan({ stacks: "app" });
  await deployment.apply({ stacks: "app" });
  const newer = deployment.head;
  deployment.repository.git("checkout", "--quiet", older);
  const step = await deployment.apply({ stacks: "app" });
  expect(step).toMatchObject({ code: 0, outputs: { applied: "", refused: "" } });
  expect(step.results.get("app")?.status).toBe("outdated");
  expect(await deployment.marker("app")).toMatchObject({ commit: newer });
});

test("a commit that this clone does not know stops the apply", async () => {
  using deployment = await Deployment.create(moto, files("one"));
  await deployment.plan({ stacks: "app" });
  await deployment.apply({ stacks: "app" });
  const marker = { ...(await deployment.marker("app")), commit: "f".repeat(40) };
  await deployment.s3.send(
    new PutObjectCommand({ Bucket: bucket, Key: "deployments/app.json", Body: JSON.stringify(marker) }),
  );
  const step = await deployment.apply({ stacks: "app" });
  expect(step.code).toBe(1);
  expect(step.log).toContain("fetch-depth: 0");
});

test("by hand, only what this very run planned is applied; destroy wants the stack's name typed", async () => {
  using deployment = await Deployment.create(moto, files("one"));
  const byHand = { stacks: "app", "reviewed-in": "run" };
  const none = { pullRequest: undefined };
  await deployment.plan({ stacks: "app" }, { ...none, runId: "50" });
  expect((await deployment.apply(byHand, { runId: "51" })).results.get("app")?.status).toBe("unreviewed");
  expect((await deployment.apply({ stacks: "app" })).results.get("app")?.status).toBe("unreviewed");
  expect((await deployment.apply(byHand, { runId: "50" })).outputs).toMatchObject({ applied: "app" });

  await deployment.plan({ stacks: "app", operation: "destroy" }, { ...none, runId: "52" });
  for (const confirm of ["", "App", "app "]) {
    const refused = await deployment.apply({ ...byHand, operation: "destroy", confirm }, { runId: "52" });
    // The runner trims inputs, so a space around the name is none.
    if (confirm.trim() === "app") continue;
    expect(refused.code).toBe(1);
    expect(refused.log).toContain('input "confirm"');
  }
  expect(await deployment.marker("app")).toMatchObject({ operation: "destroy" });
  expect(JSON.parse(await deployment.object("app/terraform.tfstate"))).toMatchObject({ resources: [] });
});

test("a lock that stays held is told of, with who holds it, and nothing is planned", async () => {
  using deployment = await Deployment.create(moto, files("one"));
  await deployment.plan({ stacks: "app" });
  const lock = {
    ID: "11111111-2222-3333-4444-555555555555",
    Operation: "OperationTypeApply",
    Info: "",
    Who: "ann@laptop",
    Version: "1.11.4",
    Created: "2026-01-02T03:04:05.678Z",
    Path: `${bucket}/app/terraform.tfstate`,
  };
  await deployment.s3.send(
    new PutObjectCommand({ Bucket: bucket, Key: "app/terraform.tfstate.tflock", Body: JSON.stringify(lock) }),
  );
  const step = await deployment.apply({ stacks: "app", "lock-timeout-seconds": "1" });
  expect(step.results.get("app")).toMatchObject({ status: "locked" });
  expect(step.log).toContain("ann@laptop");
  const report = await deployment.plan({ stacks: "app" });
  expect(report.code).toBe(0);
  expect(report.log).toContain("ann@laptop");
});

const failing = `resource "terraform_data" "x" {
  provisioner "local-exec" {
    command = "exit 3"
  }
}
`;

test("after a stack that fails, those that need it are not begun, and the others are", async () => {
  const map = stackMapText({
    stacks: { broken: "", needs: "    after: [broken]\n", free: "", app: "" },
    unreviewed: "apply",
  });
  using deployment = await Deployment.create(moto, {
    "stacks.yml": map,
    "broken/main.tf": rootModule("broken", failing),
    "needs/main.tf": note("n", "needs"),
    "free/main.tf": note("f", "free"),
  });
  const step = await deployment.apply({ stacks: "needs free broken" });
  expect(step).toMatchObject({ code: 1, outputs: { applied: "free" } });
  expect(Object.fromEntries([...step.results].map(([id, result]) => [id, result.status]))).toEqual({
    broken: "failed",
    needs: "failed",
    free: "applied",
  });
  expect(step.results.get("needs")?.error?.message).toBe(
    "needs: not begun, because broken comes first and did not succeed",
  );
  expect(step.results.get("broken")?.error?.message).toMatch(
    /^broken: terraform apply failed with exit code 1: /,
  );
});

test("a record that cannot be read stops the apply", async () => {
  using deployment = await Deployment.create(moto, files("one"));
  await deployment.plan({ stacks: "app" });
  const [key = ""] = await deployment.keys("records/");
  const record = JSON.parse(await deployment.object(key));
  for (const body of [
    JSON.stringify({ ...record, version: 2 }),
    JSON.stringify({ ...record, stack: "other" }),
    "{",
  ]) {
    await deployment.s3.send(new PutObjectCommand({ Bucket: bucket, Key: key, Body: body }));
    const step = await deployment.apply({ stacks: "app" });
    expect(step.results.get("app")).toMatchObject({
      status: "failed",
      error: { message: expect.stringContaining(`The plan record ${key} cannot be read`) },
    });
  }
  expect(await deployment.keys("app/")).toEqual([]);
});
