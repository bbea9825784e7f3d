import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { onTestFinished } from "vitest";
import { readAction } from "../../readme.ts";

export interface ActionRun {
  readonly code: number;
  readonly log: string;
  readonly outputs: Readonly<Record<string, string>>;
  /** Variables it set for the later steps. */
  readonly exported: Readonly<Record<string, string>>;
  /** What it kept for its post step. */
  readonly state: Readonly<Record<string, string>>;
  readonly summary: string;
  readonly milliseconds: number;
}

/** Which program is an action's: its sources, or a bundle somewhere. */
export interface ActionProgram {
  readonly name: string;
  readonly script: string;
}

const sourcesOf = (name: string): ActionProgram => ({
  name,
  script: join(import.meta.dirname, "..", "..", name, "src", "main.ts"),
});

/** Runs an action as the runner does: a process, its inputs with their defaults in INPUT_*, its files for what it sets. */
export async function runActionProcess(
  action: string | ActionProgram,
  inputs: Readonly<Record<string, string>>,
  env: Readonly<Record<string, string>> = {},
  watch: (child: ChildProcess) => void = () => {},
): Promise<ActionRun> {
  const { name, script } = typeof action === "string" ? sourcesOf(action) : action;
  const folder = mkdtempSync(join(tmpdir(), "action-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const files = {
    GITHUB_OUTPUT: "output",
    GITHUB_ENV: "env",
    GITHUB_STATE: "state",
    GITHUB_STEP_SUMMARY: "summary",
  };
  for (const file of Object.values(files)) writeFileSync(join(folder, file), "");
  const started = performance.now();
  const child = spawn(process.execPath, [script], {
    cwd: folder,
    env: {
      PATH: process.env["PATH"],
      HOME: folder,
      AWS_EC2_METADATA_DISABLED: "true",
      ...Object.fromEntries(Object.entries(files).map(([variable, file]) => [variable, join(folder, file)])),
      ...inputVariables({ ...defaultsOf(name), ...inputs }),
      ...env,
    },
    stdio: ["ignore", "pipe", "pipe"],
  });
  watch(child);
  const [out, err, [code]] = await Promise.all([text(child.stdout), text(child.stderr), once(child, "exit")]);
  const read = (file: string) =>
    existsSync(join(folder, file)) ? readFileSync(join(folder, file), "utf8") : "";
  return {
    code,
    log: out + err,
    outputs: keyValues(read("output")),
    exported: keyValues(read("env")),
    state: keyValues(read("state")),
    summary: read("summary"),
    milliseconds: performance.now() - started,
  };
}

function defaultsOf(name: string): Record<string, string> {
  return Object.fromEntries(
    Object.entries(readAction(name).inputs).map(([key, { default: given = "" }]) => [
      key,
      // What the runner would fill in, such as its token, there is none of here.
      given.startsWith("${{") ? "" : given,
    ]),
  );
}

function inputVariables(inputs: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(inputs).map(([name, value]) => [`INPUT_${name.toUpperCase()}`, value]),
  );
}

/** The runner's format: name<<delimiter, lines, delimiter. */
function keyValues(file: string): Record<string, string> {
  const pairs = file.matchAll(/^(.+?)<<(ghadelimiter_[\w-]+)\r?\n([\s\S]*?)\r?\n\2\r?$/gm);
  return Object.fromEntries([...pairs].map(([, name, , value]) => [name, value]));
}
