import { type ChildProcess, spawn } from "node:child_process";
import { randomUUID } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";

export interface StartOptions {
  readonly cwd: string;
  /** The whole environment: nothing is inherited. */
  readonly env: Readonly<Record<string, string>>;
  readonly onLine?: ((line: string, stream: "stdout" | "stderr") => void) | undefined;
  /** Milliseconds after which the process is ended; undefined: none. */
  readonly timeLimit?: number | undefined;
}

export interface Exit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

export interface Running {
  readonly pid: number;
  readonly exited: Promise<Exit>;
  /** Ends it and everything in its process group: asks first, then kills. */
  end(): Promise<void>;
}

/** A line of a Java stack trace, which would push what matters out of an error's last lines. */
const javaFrame = /^\s+(at [\w.$]+\(?|\.\.\. \d+ more)/;

const graceMilliseconds = 4_000;

/**
 * Every process that the rehearsal starts. Each leads a process group of its own and carries a tracking id
 * in its environment, as on GitHub's runner: what a step left behind in yet another group is found by it.
 */
export class Processes {
  readonly trackingId: string = `rehearsal-${randomUUID()}`;
  readonly #running = new Set<ChildProcess>();
  #ending = false;

  /** Throws once everything is being ended. */
  start(command: string, args: readonly string[], options: StartOptions): Running {
    if (this.#ending) throw new Error(`${command} is not started: the rehearsal is ending`);
    const child = spawn(command, args, {
      cwd: options.cwd,
      env: { ...options.env, REHEARSAL_TRACKING_ID: this.trackingId },
      detached: true,
      stdio: ["ignore", "pipe", "pipe"],
    });
    const exited = new Promise<Exit>((resolve, reject) => {
      child.once("error", reject);
      child.once("close", (code, signal) => resolve({ code, signal }));
    });
    this.#running.add(child);
    const timer =
      options.timeLimit === undefined
        ? undefined
        : setTimeout(() => signalGroup(child, "SIGKILL"), options.timeLimit);
    const forget = (): void => {
      clearTimeout(timer);
      this.#running.delete(child);
    };
    exited.then(forget, forget);
    readLines(child, options.onLine);
    return { pid: child.pid ?? 0, exited, end: () => end(child) };
  }

  /** Runs to the end and returns what it wrote to stdout; throws with the last lines of stderr when it fails. */
  async run(command: string, args: readonly string[], options: StartOptions): Promise<string> {
    const stdout: string[] = [];
    const stderr: string[] = [];
    const running = this.start(command, args, {
      ...options,
      onLine: (line, stream) => {
        if (stream === "stdout") stdout.push(line);
        else if (!javaFrame.test(line)) stderr.push(line);
        options.onLine?.(line, stream);
      },
    });
    const { code, signal } = await running.exited;
    if (code !== 0) {
      const said = [...stdout.slice(-15), ...stderr.slice(-25)].join("\n");
      throw new Error(`${command} ${args.join(" ")} ended with ${signal ?? code}\n${said}`);
    }
    return stdout.join("\n");
  }

  async endAll(): Promise<void> {
    this.#ending = true;
    await Promise.all([...this.#running].map(end));
    this.killTracked();
  }

  /** Synchronous, for the very end of the process. */
  killAll(): void {
    this.#ending = true;
    for (const child of this.#running) signalGroup(child, "SIGKILL");
    this.killTracked();
  }

  /** Kills what carries the tracking id and is in none of the groups any more. */
  killTracked(): void {
    for (const pid of this.tracked()) kill(pid, "SIGKILL");
  }

  tracked(): number[] {
    return processIds().filter((pid) => pid !== process.pid && environmentOf(pid).includes(this.trackingId));
  }
}

function processIds(): number[] {
  try {
    return readdirSync("/proc")
      .filter((name) => /^\d+$/.test(name))
      .map(Number);
  } catch {
    return []; // No /proc on this system: the process groups must do.
  }
}

function environmentOf(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/environ`, "latin1");
  } catch {
    return ""; // Ended meanwhile, or somebody else's.
  }
}

function readLines(child: ChildProcess, onLine: StartOptions["onLine"]): void {
  for (const name of ["stdout", "stderr"] as const) {
    const stream = child[name];
    if (stream === null) continue;
    stream.setEncoding("utf8");
    let rest = "";
    stream.on("data", (chunk: string) => {
      const lines = (rest + chunk).split("\n");
      rest = lines.pop() ?? "";
      for (const line of lines) onLine?.(line, name);
    });
    stream.on("end", () => {
      if (rest !== "") onLine?.(rest, name);
    });
  }
}

/** Waits for the process itself, not for its output: what left its group may still hold that open. */
async function end(child: ChildProcess): Promise<void> {
  if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
  const over = new Promise<true>((resolve) => child.once("exit", () => resolve(true)));
  signalGroup(child, "SIGTERM");
  if (!(await Promise.race([over, sleep(graceMilliseconds, false, { ref: false })])))
    signalGroup(child, "SIGKILL");
  await over;
}

function signalGroup(child: ChildProcess, signal: NodeJS.Signals): void {
  if (child.pid !== undefined) kill(-child.pid, signal);
}

function kill(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ESRCH") throw error;
  }
}
