import { spawn } from "node:child_process";
import { closeSync, fstatSync, openSync, readSync } from "node:fs";
import { mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { ActionError } from "../action-error.ts";
import { PrintedState } from "../printed-state.ts";

/**
 * Runs programs so that a cancelled job loses nothing: the child has a process group of its own, gets exactly
 * one interrupt however many signals reach us, and writes to files, so that it can finish even when this
 * process is gone. `awaitOrphan` picks it up from there.
 */

export interface Command {
  readonly program: string;
  readonly args: readonly string[];
  readonly folder: string;
  readonly env: Readonly<Record<string, string>>;
  /** After it the child is interrupted, and killed ten seconds later; undefined: no limit. */
  readonly limitSeconds?: number | undefined;
  /** True: it gets the interrupt of the limit alone, and all the time it needs to end by itself. */
  readonly endsItself?: boolean | undefined;
  /** Whether the output goes to the log while it comes. */
  readonly logged: boolean;
}

export interface Exit {
  /** Undefined when a signal ended it. */
  readonly code: number | undefined;
  readonly timedOut: boolean;
  readonly stdout: string;
  readonly stderr: string;
}

/** Where a child's lines go. `open` and `close` bracket them, so that commands in them stay inert. */
export interface OutputLog {
  open(): void;
  line(text: string): void;
  close(): void;
}

const tailMilliseconds = 150;
const killAfterMilliseconds = 10_000;

export class ProcessRunner {
  private readonly folder: string;
  private readonly log: OutputLog;
  private child: { readonly pid: number; readonly limit: { passed(): boolean } } | undefined;
  private wasInterrupted = false;
  private runs = 0;

  /** `folder` is a private scratch folder of this action's run. */
  constructor(folder: string, log: OutputLog) {
    this.folder = folder;
    this.log = log;
  }

  /** Handles the signals of this process from now on: one interrupt to the child, nothing more. */
  handleSignals(): void {
    for (const signal of ["SIGINT", "SIGTERM"] as const) process.on(signal, () => this.interrupt());
  }

  /** True once the job is being cancelled; nothing new should begin. */
  get interrupted(): boolean {
    return this.wasInterrupted;
  }

  interrupt(): void {
    if (this.wasInterrupted) return;
    this.wasInterrupted = true;
    if (this.child !== undefined && !this.child.limit.passed()) signalQuietly(this.child.pid, "SIGINT");
  }

  /** Rejects when the program cannot be started, or may not be any more. */
  async run(command: Command): Promise<Exit> {
    if (this.wasInterrupted) throw new ActionError("The job is being cancelled; nothing more was started");
    const base = join(this.folder, `output-${++this.runs}`);
    await mkdir(this.folder, { recursive: true, mode: 0o700 });
    const files = { stdout: `${base}.out`, stderr: `${base}.err` };
    const stdout = openSync(files.stdout, "w", 0o600);
    const stderr = openSync(files.stderr, "w", 0o600);
    const tail = new Tail([files.stdout, files.stderr], command.logged ? this.log : undefined);
    try {
      const { code, timedOut } = await this.wait(command, { stdout, stderr }, files);
      return {
        code,
        timedOut,
        stdout: await readFile(files.stdout, "utf8"),
        stderr: await readFile(files.stderr, "utf8"),
      };
    } finally {
      tail.end();
      closeSync(stdout);
      closeSync(stderr);
      await Promise.all(Object.values(files).map((file) => rm(file, { force: true })));
    }
  }

  /** Gives the log what a program has said that was not logged while it ran. */
  show({ stdout, stderr }: Exit): void {
    this.log.open();
    for (const text of [stdout, stderr]) {
      const printed = new PrintedState();
      const lines = text.split("\n");
      if (lines.at(-1) === "") lines.pop();
      for (const line of [...lines.flatMap((each) => printed.push(each)), ...printed.end()])
        this.log.line(line);
    }
    this.log.close();
  }

  private async wait(
    command: Command,
    output: { readonly stdout: number; readonly stderr: number },
    files: { readonly stdout: string; readonly stderr: string },
  ): Promise<{ code: number | undefined; timedOut: boolean }> {
    const child = spawn(command.program, command.args, {
      cwd: command.folder,
      env: command.env,
      detached: true,
      stdio: ["ignore", output.stdout, output.stderr],
    });
    const ended = new Promise<number | undefined>((resolve, reject) => {
      child.on("error", reject);
      child.on("exit", (code) => resolve(code ?? undefined));
    });
    if (child.pid === undefined) return { code: await ended, timedOut: false };
    const limit = startLimit(child.pid, command, () => this.wasInterrupted);
    this.child = { pid: child.pid, limit };
    try {
      const shown = command.logged ? Object.values(files) : [];
      await noteRunning(this.folder, { pid: child.pid, files: shown });
      return { code: await ended, timedOut: limit.passed() };
    } finally {
      limit.stop();
      this.child = undefined;
      await rm(runningFile(this.folder), { force: true });
    }
  }
}

function startLimit(pid: number, { limitSeconds, endsItself }: Command, wasInterrupted: () => boolean) {
  let passed = false;
  const timers: NodeJS.Timeout[] = [];
  if (limitSeconds !== undefined) {
    const interrupt = () => {
      // A second interrupt would make Terraform drop its state.
      if (endsItself === true && wasInterrupted()) return;
      passed = true;
      signalQuietly(pid, "SIGINT");
      if (endsItself !== true)
        timers.push(setTimeout(() => signalQuietly(-pid, "SIGKILL"), killAfterMilliseconds));
    };
    timers.push(setTimeout(interrupt, limitSeconds * 1000));
  }
  return {
    passed: () => passed,
    stop: () => {
      for (const timer of timers) clearTimeout(timer);
    },
  };
}

/** A process that has ended meanwhile needs no signal. */
function signalQuietly(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ESRCH") throw error;
  }
}

/** Follows files that a child writes and gives every whole line to the log. */
class Tail {
  private readonly parts: {
    readonly file: string;
    position: number;
    rest: Buffer;
    readonly printed: PrintedState;
  }[];
  private readonly log: OutputLog | undefined;
  private readonly timer: NodeJS.Timeout | undefined;

  constructor(files: readonly string[], log: OutputLog | undefined) {
    this.parts = files.map((file) => ({
      file,
      position: 0,
      rest: Buffer.alloc(0),
      printed: new PrintedState(),
    }));
    this.log = log;
    if (log === undefined) return;
    log.open();
    this.timer = setInterval(() => this.read(), tailMilliseconds);
  }

  end(): void {
    if (this.log === undefined) return;
    clearInterval(this.timer);
    this.read();
    for (const { rest, printed } of this.parts) {
      if (rest.length > 0) this.show(printed.push(rest.toString()));
      this.show(printed.end());
    }
    this.log.close();
  }

  private show(lines: readonly string[]): void {
    for (const line of lines) this.log?.line(line);
  }

  private read(): void {
    for (const part of this.parts) {
      const fresh = readFrom(part.file, part.position);
      part.position += fresh.length;
      const bytes = Buffer.concat([part.rest, fresh]);
      const end = bytes.lastIndexOf(0x0a);
      part.rest = bytes.subarray(end + 1);
      if (end >= 0)
        for (const line of bytes.subarray(0, end).toString().split("\n")) this.show(part.printed.push(line));
    }
  }
}

function readFrom(file: string, position: number): Buffer {
  const descriptor = openSync(file, "r");
  try {
    const length = fstatSync(descriptor).size - position;
    if (length <= 0) return Buffer.alloc(0);
    const bytes = Buffer.alloc(length);
    return bytes.subarray(0, readSync(descriptor, bytes, 0, length, position));
  } finally {
    closeSync(descriptor);
  }
}

interface Running {
  readonly pid: number;
  /** Files whose lines are for the log. */
  readonly files: readonly string[];
}

const runningFile = (folder: string): string => join(folder, "running.json");

async function noteRunning(folder: string, running: Running): Promise<void> {
  const note = { ...running, born: await birthOf(running.pid) };
  await writeFile(runningFile(folder), JSON.stringify(note), { mode: 0o600 });
}

/**
 * When a living process began, in the kernel's ticks, so that another one with the same number is not taken
 * for it (proc(5), fields 3 and 22).
 */
async function birthOf(pid: number): Promise<string | undefined> {
  const stat = await readFile(`/proc/${pid}/stat`, "utf8").catch(() => undefined);
  const fields = stat?.slice(stat.lastIndexOf(")") + 2).split(" ");
  return fields?.[0] === "Z" ? undefined : fields?.[19];
}

export interface OrphanOutcome {
  /** none: nothing was left; ended: it has finished since; running: it still runs after the limit. */
  readonly status: "none" | "ended" | "running";
}

/** For the post step: waits for a child that outlived the main step, and gives the log all that it said. */
export async function awaitOrphan(
  folder: string,
  log: OutputLog,
  limitSeconds: number,
): Promise<OrphanOutcome> {
  const note = await readFile(runningFile(folder), "utf8").catch(() => undefined);
  if (note === undefined) return { status: "none" };
  const { pid, files, born } = JSON.parse(note) as Running & { born?: string };
  const alive = async () => born !== undefined && (await birthOf(pid)) === born;
  const deadline = Date.now() + limitSeconds * 1000;
  while ((await alive()) && Date.now() < deadline) await new Promise((resolve) => setTimeout(resolve, 250));
  new Tail(files, log).end();
  return { status: (await alive()) ? "running" : "ended" };
}
