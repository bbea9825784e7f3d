import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, beforeEach, expect, it } from "vitest";
import { Processes } from "../src/processes.ts";

let cwd: string;
const env = { PATH: process.env["PATH"] ?? "" };

beforeEach(async () => {
  cwd = await mkdtemp(join(tmpdir(), "processes-"));
});
afterEach(() => rm(cwd, { recursive: true }));

function alive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

async function gone(pid: number): Promise<boolean> {
  for (let tries = 0; tries < 50; tries++) {
    if (!alive(pid)) return true;
    await sleep(100);
  }
  return false;
}

/** Starts a program that starts another one, which prints its id and then sleeps. */
async function family(processes: Processes, script: string): Promise<{ parent: number; child: number }> {
  let parent = 0;
  const child = await new Promise<number>((resolve) => {
    parent = processes.start("bash", ["-c", script], {
      cwd,
      env,
      onLine: (line) => resolve(Number(line)),
    }).pid;
  });
  return { parent, child };
}

it("ends a process with its children", async () => {
  const processes = new Processes();
  const { parent, child } = await family(processes, "sleep 300 & echo $!; wait");
  await processes.endAll();
  expect(await gone(parent)).toBe(true);
  expect(await gone(child)).toBe(true);
});

it("finds what has left the group, as a step of a workflow under act does", async () => {
  const processes = new Processes();
  const { child } = await family(processes, "setsid sleep 300 & sleep 0.2; echo $!; wait");
  expect(alive(child)).toBe(true);
  await processes.endAll();
  expect(await gone(child)).toBe(true);
});

it("kills what does not end when asked", async () => {
  const processes = new Processes();
  const { parent } = await family(processes, "trap '' TERM; echo 1; while true; do sleep 1; done");
  await processes.endAll();
  expect(await gone(parent)).toBe(true);
}, 15_000);

it("starts nothing any more once it is ending", async () => {
  const processes = new Processes();
  await processes.endAll();
  expect(() => processes.start("true", [], { cwd, env })).toThrow("the rehearsal is ending");
});

it("names the command, its exit code and its last words when it fails", async () => {
  await expect(new Processes().run("bash", ["-c", "echo why >&2; exit 3"], { cwd, env })).rejects.toThrow(
    /ended with 3\n.*why/s,
  );
});

it("lets a process see only the environment it is given", async () => {
  process.env["CANARY"] = "seen";
  const output = await new Processes().run("env", [], { cwd, env });
  expect(output).not.toContain("CANARY");
});
