import type { ChildProcess } from "node:child_process";
import { existsSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { PutObjectCommand } from "@aws-sdk/client-s3";
import { afterAll, beforeAll, expect, test } from "vitest";
import { bucket, Deployment, rootModule, stackMapText } from "../../shared/test/deployment.ts";
import { type MotoServer, startMoto } from "../../shared/test/moto-server.ts";

let moto: MotoServer;
beforeAll(async () => {
  moto = await startMoto();
});
afterAll(() => moto.stop());

const slow = `resource "terraform_data" "first" {}
resource "terraform_data" "slow" {
  depends_on = [terraform_data.first]
  provisioner "local-exec" {
    command = "sleep 4"
  }
}
resource "terraform_data" "last" {
  depends_on = [terraform_data.slow]
}
`;

async function slowDeployment(): Promise<Deployment> {
  const map = stackMapText({ stacks: { app: "", later: "" }, unreviewed: "apply" });
  return Deployment.create(moto, {
    "stacks.yml": map,
    "app/main.tf": rootModule("app", slow),
    "later/main.tf": rootModule("later", 'resource "terraform_data" "x" {}\n'),
  });
}

/** Calls back once Terraform is at its slow part. */
function onceApplying(act: (child: ChildProcess) => Promise<void>): (child: ChildProcess) => void {
  return (child) => {
    let seen = "";
    child.stdout?.on("data", (text: Buffer) => {
      const before = seen;
      seen += text.toString();
      const sign = "terraform_data.slow: Provisioning";
      if (seen.includes(sign) && !before.includes(sign)) void act(child);
    });
  };
}

const managed = (state: string): string[] =>
  (JSON.parse(state).resources as { name: string }[]).map(({ name }) => name).sort();

test("a cancelled apply finishes what it is at, keeps its state and gives its lock back", async () => {
  using deployment = await slowDeployment();
  const watch = onceApplying(async (child) => {
    child.kill("SIGINT");
    await sleep(500);
    child.kill("SIGTERM");
  });
  const step = await deployment.apply({ stacks: "app later" }, { watch });
  expect(step.code).toBe(1);
  expect(step.log).not.toContain("Two interrupts received");
  expect(step.results.get("app")).toMatchObject({ status: "failed" });
  expect(step.results.get("later")?.error?.message).toBe("later: not begun, because the job was cancelled");
  expect(managed(await deployment.object("app/terraform.tfstate"))).toEqual(["first", "slow"]);
  expect(await deployment.keys("app/")).toEqual(["app/terraform.tfstate"]);
});

test("an apply whose step is killed goes on by itself; the post step waits for it and clears up", async () => {
  using deployment = await slowDeployment();
  const watch = onceApplying(async (child) => {
    child.kill("SIGKILL");
  });
  const step = await deployment.apply({ stacks: "app" }, { watch });
  expect(step.code).toBeNull();
  const scratch = step.state["scratch"] ?? "";
  expect(existsSync(scratch)).toBe(true);
  expect(await deployment.keys("app/")).toContain("app/terraform.tfstate.tflock");

  const state = Object.fromEntries(
    Object.entries(step.state).map(([name, value]) => [`STATE_${name}`, value]),
  );
  const post = await deployment.apply({ stacks: "app" }, { env: state });
  expect(post.code).toBe(0);
  expect(post.log).toContain("Apply complete!");
  expect(post.log).toContain("app: the state lock is free.");
  expect(existsSync(scratch)).toBe(false);
  expect(managed(await deployment.object("app/terraform.tfstate"))).toEqual(["first", "last", "slow"]);
});

test("a job that is cancelled while it waits for a lock says so at once", async () => {
  using deployment = await slowDeployment();
  const key = "app/terraform.tfstate.tflock";
  const lock = {
    ID: "i",
    Operation: "OperationTypeApply",
    Info: "",
    Who: "ann",
    Version: "1.11.4",
    Created: "2026-01-02T03:04:05Z",
    Path: "p",
  };
  await deployment.s3.send(new PutObjectCommand({ Bucket: bucket, Key: key, Body: JSON.stringify(lock) }));
  const watch = (child: ChildProcess) => {
    child.stdout?.on("data", (text: Buffer) => {
      if (text.toString().includes("Waiting")) child.kill("SIGINT");
    });
  };
  const step = await deployment.apply({ stacks: "app" }, { watch });
  expect(step.results.get("app")?.error?.message).toContain("being cancelled");
  expect(await deployment.keys()).toEqual([key]);
});
