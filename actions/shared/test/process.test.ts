import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { expect, onTestFinished, test } from "vitest";
import { awaitOrphan, type OutputLog, ProcessRunner } from "../src/adapters/process.ts";

function scratch(): string {
  const folder = mkdtempSync(join(tmpdir(), "process-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

function memoryLog(): OutputLog & { readonly lines: string[] } {
  const lines: string[] = [];
  return {
    lines,
    open: () => lines.push("<"),
    line: (text) => lines.push(text),
    close: () => lines.push(">"),
  };
}

const shell = (script: string) => ({
  program: "/bin/sh",
  args: ["-c", script],
  folder: "/",
  env: { PATH: "/usr/bin:/bin", NAME: "value" },
  logged: true,
});

async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await sleep(20);
}

test("lines come while the program runs, between the brackets, and output is whole", async () => {
  const log = memoryLog();
  const folder = scratch();
  const runner = new ProcessRunner(folder, log);
  const running = runner.run(shell("echo one; sleep 1; printf 'tw\\303\\266'; echo err >&2; exit 2"));
  await until(() => log.lines.includes("one"));
  const exit = await running;
  expect(exit).toEqual({ code: 2, timedOut: false, stdout: "one\ntwö", stderr: "err\n" });
  expect([log.lines[0], log.lines.at(-1)]).toEqual(["<", ">"]);
  expect(log.lines.toSorted()).toEqual(["<", ">", "err", "one", "twö"]);
  expect(readdirSync(folder)).toEqual([]);
});

test("the environment is exactly what was given", async () => {
  const { stdout } = await new ProcessRunner(scratch(), memoryLog()).run({
    ...shell("env"),
    program: "/usr/bin/env",
    args: [],
  });
  expect(stdout.split("\n").toSorted()).toEqual(["", "NAME=value", "PATH=/usr/bin:/bin"]);
});

test("however often it is interrupted, the program gets one interrupt and is read to its end", async () => {
  const log = memoryLog();
  const runner = new ProcessRunner(scratch(), log);
  const running = runner.run(
    shell("trap 'echo interrupted' INT; echo up; for i in 1 2 3 4 5 6; do sleep 0.3; done; echo saved"),
  );
  await until(() => log.lines.includes("up"));
  for (let times = 0; times < 3; times++) {
    runner.interrupt();
    await sleep(100);
  }
  const { stdout, code } = await running;
  expect({ stdout, code }).toEqual({ stdout: "up\ninterrupted\nsaved\n", code: 0 });
  expect(runner.interrupted).toBe(true);
  await expect(runner.run(shell("true"))).rejects.toThrow("cancelled");
});

test("a program past its time is interrupted", async () => {
  const exit = await new ProcessRunner(scratch(), memoryLog()).run({
    ...shell("exec sleep 30"),
    limitSeconds: 1,
  });
  expect(exit).toMatchObject({ code: undefined, timedOut: true });
});

test("a program whose parent was killed is waited for, and heard to its end", async () => {
  const folder = scratch();
  const parent = `
    import { ProcessRunner } from ${JSON.stringify(join(import.meta.dirname, "..", "src", "adapters", "process.ts"))};
    const log = { open() {}, line() {}, close() {} };
    await new ProcessRunner(${JSON.stringify(folder)}, log).run(${JSON.stringify(shell("sleep 2; echo still here"))});
  `;
  const main = spawn(process.execPath, ["--input-type=module", "--eval", parent], { stdio: "inherit" });
  await until(() => readdirSync(folder).includes("running.json"));
  await until(() => readFileSync(join(folder, "running.json"), "utf8").endsWith("}"));
  main.kill("SIGKILL");
  await once(main, "exit");
  const log = memoryLog();
  expect(await awaitOrphan(folder, log, 0)).toEqual({ status: "running" });
  expect(await awaitOrphan(folder, log, 20)).toEqual({ status: "ended" });
  expect(log.lines).toContain("still here");
});
