import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { readAction } from "../../../actions/readme.ts";
import type { Scene } from "./scene.ts";

export interface Step {
  /** Null when a signal ended it. */
  readonly code: number | null;
  readonly log: string;
  readonly outputs: Readonly<Record<string, string>>;
}

export interface StepOptions {
  readonly scene: Scene;
  readonly run: string;
  readonly inputs: Readonly<Record<string, string>>;
  /** AWS, GitHub's API and whatever else the job's environment holds. */
  readonly env: Readonly<Record<string, string>>;
}

export interface Running {
  readonly child: ChildProcess;
  readonly ended: Promise<Step>;
}

const actions = join(import.meta.dirname, "..", "..", "..", "actions");

/** Runs an action as the runner does. */
export function startStep(action: string, { scene, run, inputs, env }: StepOptions): Running {
  const output = join(scene.temporary, `output-${action}-${run}`);
  writeFileSync(output, "");
  const declared = Object.entries(readAction(action).inputs);
  const defaults = declared.map(([name, input]) => [name, input.default ?? ""] as const);
  const given = { ...Object.fromEntries(defaults), map: "stacks.yml", assume: "false", ...inputs };
  const child = spawn(process.execPath, [join(actions, action, "src", "main.ts")], {
    cwd: scene.folder,
    env: {
      PATH: process.env["PATH"],
      HOME: scene.temporary,
      GITHUB_OUTPUT: output,
      GITHUB_STATE: join(scene.temporary, "state"),
      GITHUB_WORKSPACE: scene.folder,
      GITHUB_REPOSITORY: "acme/proof",
      GITHUB_RUN_ID: run,
      GITHUB_RUN_ATTEMPT: "1",
      GITHUB_WORKFLOW: "deploy",
      GITHUB_SHA: scene.commit,
      GITHUB_ACTOR: "proof",
      RUNNER_TEMP: scene.temporary,
      ...Object.fromEntries(
        Object.entries(given).map(([name, value]) => [`INPUT_${name.toUpperCase()}`, value]),
      ),
      ...env,
    },
    stdio: ["ignore", "pipe", "pipe"],
  });
  writeFileSync(join(scene.temporary, "state"), "");
  const ended = Promise.all([text(child.stdout), text(child.stderr), once(child, "exit")]).then(
    ([out, err, [code]]): Step => ({ code, log: out + err, outputs: outputsIn(output) }),
  );
  return { child, ended };
}

/** The runner's format: name<<delimiter, lines, delimiter. */
function outputsIn(file: string): Record<string, string> {
  const pairs = readFileSync(file, "utf8").matchAll(/^(.+?)<<(ghadelimiter_[\w-]+)\n([\s\S]*?)\n\2$/gm);
  return Object.fromEntries([...pairs].map(([, name, , value]) => [name, value]));
}
