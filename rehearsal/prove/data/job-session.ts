import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { z } from "zod";
import { machineEnvironment } from "../../src/machine.ts";

const root = join(import.meta.dirname, "..", "..", "..");
const glue = join(root, "glue");

const startedSchema = z.object({ answer: z.object({ seconds: z.number() }) });
const answerSchema = z.object({
  answer: z.object({
    metrics: z.record(z.string(), z.unknown()),
    failure: z.string().nullable(),
    seconds: z.number(),
  }),
});

export type JobResult = z.infer<typeof answerSchema>["answer"];

/** A job that was ended from outside while it ran. */
export class SessionEnded extends Error {}

export interface SessionOptions {
  /** Short jobs start quicker without the second compiler tier, long ones run quicker with it. @default true */
  readonly quickStart?: boolean;
}

/** One Spark session in a process of its own, in which the jobs' own code runs, one job after the other. */
export class JobSession implements AsyncDisposable {
  readonly #child: ChildProcess;
  readonly #answers: string[] = [];
  readonly #said: string[] = [];
  readonly #ended: Promise<unknown>;
  #wake: () => void = () => undefined;
  /** Seconds until Spark was ready. */
  startSeconds = 0;

  private constructor(folder: string, { quickStart = true }: SessionOptions) {
    this.#child = spawn("python", [join(import.meta.dirname, "session.py")], {
      cwd: folder,
      env: {
        ...machineEnvironment(folder, process.env),
        TMPDIR: folder,
        HOME: folder,
        PYTHONPATH: `${glue}:${join(glue, "jobs")}`,
        PYTHONDONTWRITEBYTECODE: "1",
        SPARK_LOCAL_IP: "127.0.0.1",
        SPARK_LOCAL_DIRS: folder,
        PYSPARK_SUBMIT_ARGS: submitArguments(quickStart),
      },
      detached: true,
      stdio: ["pipe", "pipe", "pipe"],
    });
    this.#child.stdin?.on("error", () => undefined); // It is told by the process's end.
    this.#ended = once(this.#child, "exit").then(() => this.#wake());
    this.#listen();
  }

  static async start(folder: string, options: SessionOptions = {}): Promise<JobSession> {
    const started = Date.now();
    const session = new JobSession(folder, options);
    startedSchema.parse(JSON.parse(await session.#answer()));
    session.startSeconds = (Date.now() - started) / 1000;
    return session;
  }

  /** Runs a job of `glue/jobs` to its end. Throws SessionEnded when the session is killed meanwhile. */
  async run(job: "ingestion_layer" | "processing_layer", args: readonly string[]): Promise<JobResult> {
    this.#child.stdin?.write(`${JSON.stringify({ job, arguments: args })}\n`);
    return answerSchema.parse(JSON.parse(await this.#answer())).answer;
  }

  /** SIGKILL to the whole process group: Python and the Java machine end where they are. */
  async kill(): Promise<void> {
    signalGroup(this.#child, "SIGKILL");
    await this.#ended;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#child.stdin?.end();
    const timer = setTimeout(() => signalGroup(this.#child, "SIGKILL"), 10_000);
    await this.#ended;
    clearTimeout(timer);
  }

  #listen(): void {
    if (this.#child.stdout === null || this.#child.stderr === null) throw new Error("no pipes");
    createInterface({ input: this.#child.stdout }).on("line", (line) => {
      if (!line.startsWith('{"answer"')) return;
      this.#answers.push(line);
      this.#wake();
    });
    createInterface({ input: this.#child.stderr }).on("line", (line) => {
      this.#said.push(line);
      if (this.#said.length > 40) this.#said.shift();
    });
  }

  async #answer(): Promise<string> {
    for (;;) {
      const answer = this.#answers.shift();
      if (answer !== undefined) return answer;
      if (this.#child.exitCode !== null || this.#child.signalCode !== null)
        throw new SessionEnded(`the Spark session ended:\n${this.#said.join("\n")}`);
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }
}

function signalGroup({ pid }: ChildProcess, signal: NodeJS.Signals): void {
  try {
    if (pid !== undefined) process.kill(-pid, signal);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ESRCH") throw error;
  }
}

function submitArguments(quickStart: boolean): string {
  const java = quickStart ? "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC" : "-XX:+UseSerialGC";
  return [
    "--master local[2] --driver-memory 2g",
    `--driver-java-options "${java}"`,
    // Hundreds of files of a few lines: without this each few dozen would be a task with output files of its own.
    "--conf spark.sql.files.openCostInBytes=65536",
    "--conf spark.ui.enabled=false --conf spark.driver.host=127.0.0.1 --conf spark.sql.shuffle.partitions=4",
    "pyspark-shell",
  ].join(" ");
}
