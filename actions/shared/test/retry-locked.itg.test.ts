import { mkdtempSync, realpathSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { DeleteObjectCommand, PutObjectCommand } from "@aws-sdk/client-s3";
import { afterAll, beforeAll, expect, onTestFinished, test } from "vitest";
import { ProcessRunner } from "../src/adapters/process.ts";
import { createTerraform } from "../src/adapters/terraform.ts";
import { parseStackMap } from "../src/contracts/stack-map.ts";
import { retryLocked } from "../src/retry-locked.ts";
import { StateLockedError } from "../src/state-locked-error.ts";
import { bucket, Deployment, rootModule, stackMapText } from "./deployment.ts";
import { type MotoServer, startMoto } from "./moto-server.ts";

let moto: MotoServer;
beforeAll(async () => {
  moto = await startMoto();
});
afterAll(() => moto.stop());

const clock = { now: () => new Date(), sleep: (milliseconds: number) => sleep(milliseconds) };

/** A stack that is initialised, with real Terraform. */
async function opened() {
  const mapText = stackMapText({ stacks: { app: "" } });
  const files = { "stacks.yml": mapText, "app/main.tf": rootModule("app", 'output "a" { value = 1 }') };
  const deployment = await Deployment.create(moto, files);
  const scratch = realpathSync(mkdtempSync(join(tmpdir(), "locked-")));
  onTestFinished(() => {
    deployment[Symbol.dispose]();
    rmSync(scratch, { recursive: true });
  });
  const terraform = createTerraform({
    program: "terraform",
    workspace: deployment.repository.folder,
    scratch,
    runner: new ProcessRunner(scratch, { open: () => {}, line: () => {}, close: () => {} }),
    env: { ...process.env, ...moto.env },
    initLimitSeconds: 120,
    clock,
    mask: () => {},
    log: () => {},
    warn: () => {},
  });
  const stack = parseStackMap(mapText, "stacks.yml").stacks.get("app") ?? expect.fail("no stack");
  const session = await terraform.open(stack, undefined);
  await session.init({ newWorkspace: false });
  const lock = { Bucket: bucket, Key: "app/terraform.tfstate.tflock" };
  const plan = (lockTimeoutSeconds: number) => session.plan({ operation: "apply", lockTimeoutSeconds });
  return { deployment, lock, plan };
}

test("a lock that Terraform cannot read, and so does not wait for, is tried again until it is gone", async () => {
  const { deployment, lock, plan } = await opened();
  await deployment.s3.send(new PutObjectCommand({ ...lock, Body: "" }));
  const started = Date.now();
  await expect(plan(60)).rejects.toBeInstanceOf(StateLockedError);
  expect(Date.now() - started).toBeLessThan(30_000);

  const lines: string[] = [];
  const release = sleep(3_000).then(() => deployment.s3.send(new DeleteObjectCommand(lock)));
  const done = await retryLocked(plan, { limitSeconds: 60, clock, log: (line) => lines.push(line) });
  await release;
  expect(done.outputs).toHaveLength(1);
  expect(lines.length).toBeGreaterThan(0);
});

test("a lock that it can read is waited for by Terraform, and its holder is in the error", async () => {
  const { deployment, lock, plan } = await opened();
  const info = { ID: "1-2", Operation: "OperationTypeApply", Info: "", Who: "mia@host", Version: "1.11.4" };
  const Body = JSON.stringify({ ...info, Created: "2026-11-22T10:00:00Z", Path: "state/app" });
  await deployment.s3.send(new PutObjectCommand({ ...lock, Body }));
  await expect(retryLocked(plan, { limitSeconds: 3, clock, log: () => {} })).rejects.toThrow(
    /held by mia@host since 2026-11-22.*lock 1-2/,
  );
});
