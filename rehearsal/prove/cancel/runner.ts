import { type ChildProcess, spawn } from "node:child_process";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { readAction } from "../../../actions/readme.ts";
import { region, type Scene } from "./scene.ts";

export interface Step {
  /** Undefined when a signal ended it. */
  readonly code: number | undefined;
  readonly log: string;
  readonly milliseconds: number;
  /** Signals that it got before it ended. */
  readonly signals: readonly NodeJS.Signals[];
}

const files = ["GITHUB_OUTPUT", "GITHUB_ENV", "GITHUB_STATE", "GITHUB_STEP_SUMMARY"] as const;

/** Runs the two steps of a bundled action, and cancels them, as the runner does. */
export class Runner {
  private readonly scene: Scene;
  private readonly bundle: string;
  private readonly env: Readonly<Record<string, string>>;

  constructor(scene: Scene, bundle: string, aws: string) {
    this.scene = scene;
    this.bundle = bundle;
    mkdirSync(this.temporary, { recursive: true });
    for (const file of files) writeFileSync(this.file(file), "");
    this.env = {
      PATH: process.env["PATH"] ?? "",
      HOME: this.temporary,
      ...(process.env["TF_CLI_CONFIG_FILE"] === undefined
        ? {}
        : { TF_CLI_CONFIG_FILE: process.env["TF_CLI_CONFIG_FILE"] }),
      AWS_ENDPOINT_URL: aws,
      AWS_ACCESS_KEY_ID: "test",
      AWS_SECRET_ACCESS_KEY: "test",
      AWS_REGION: region,
      AWS_EC2_METADATA_DISABLED: "true",
      GITHUB_WORKSPACE: scene.folder,
      RUNNER_TEMP: this.temporary,
      GITHUB_SHA: scene.commit,
      GITHUB_REPOSITORY: "acme/proof",
      GITHUB_RUN_ID: "1",
      GITHUB_RUN_ATTEMPT: "1",
      GITHUB_WORKFLOW: "deploy",
      ...Object.fromEntries(files.map((file) => [file, this.file(file)])),
      ...inputVariables({
        stacks: scene.stack,
        map: "stacks.yml",
        assume: "false",
        results: ".git/runner/results",
      }),
    };
  }

  /** The main step; `cancelAfter` milliseconds it is cancelled. */
  main(cancelAfter?: number): Promise<Step> {
    return this.run("index.js", {}, cancelAfter);
  }

  post(): Promise<Step> {
    const state = readFileSync(this.file("GITHUB_STATE"), "utf8");
    const kept = [...state.matchAll(/^(.+?)<<(ghadelimiter_[\w-]+)\n([\s\S]*?)\n\2$/gm)];
    return this.run(
      "post.js",
      Object.fromEntries(kept.map(([, name, , value]) => [`STATE_${name}`, value ?? ""])),
    );
  }

  private async run(
    entry: string,
    state: Readonly<Record<string, string>>,
    cancelAfter?: number,
  ): Promise<Step> {
    const started = performance.now();
    const child = spawn(process.execPath, [join(this.bundle, entry)], {
      cwd: this.scene.folder,
      env: { ...this.env, ...state },
      stdio: ["ignore", "pipe", "pipe"],
    });
    let log = "";
    for (const stream of [child.stdout, child.stderr])
      stream.on("data", (text: Buffer) => {
        log += text.toString();
      });
    const ended = new Promise<number | undefined>((resolve) => {
      child.on("exit", (code) => resolve(code ?? undefined));
    });
    const signals = cancelAfter === undefined ? [] : await cancel(child, ended, cancelAfter);
    const code = await ended;
    // What it wrote last may still be in the pipe; a child that outlived it does not hold the pipe.
    await sleep(20);
    return { code, log, milliseconds: performance.now() - started, signals };
  }

  private get temporary(): string {
    return join(this.scene.folder, ".git", "runner");
  }

  private file(name: string): string {
    return join(this.temporary, name.toLowerCase());
  }
}

/** The runner's timing: interrupt, 7.5 s, terminate, 2.5 s, kill; and none of it to a child of the process. */
const escalation = [
  ["SIGINT", 7_500],
  ["SIGTERM", 2_500],
  ["SIGKILL", 0],
] as const;

async function cancel(
  child: ChildProcess,
  ended: Promise<unknown>,
  after: number,
): Promise<NodeJS.Signals[]> {
  const sent: NodeJS.Signals[] = [];
  const over = ended.then(() => true);
  const wait = (milliseconds: number) => Promise.race([over, sleep(milliseconds, false)]);
  if (await wait(after)) return sent;
  for (const [signal, milliseconds] of escalation) {
    if (!child.kill(signal)) break;
    sent.push(signal);
    if (await wait(milliseconds)) break;
  }
  return sent;
}

function inputVariables(given: Readonly<Record<string, string>>): Record<string, string> {
  const defaults = Object.entries(readAction("apply").inputs).map(([name, { default: text = "" }]) => [
    name,
    text.startsWith("${{") ? "" : text,
  ]);
  return Object.fromEntries(
    Object.entries({ ...Object.fromEntries(defaults), ...given }).map(([name, value]) => [
      `INPUT_${name.toUpperCase()}`,
      String(value),
    ]),
  );
}
