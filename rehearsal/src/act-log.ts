import { z } from "zod";

export type Result = "success" | "failure" | "skipped" | "cancelled" | "running";

export interface StepReport {
  readonly name: string;
  readonly stage: "Pre" | "Main" | "Post" | "Set up" | "Complete";
  result: Result;
  /** Milliseconds since the start of the run. */
  readonly startedAt: number;
  milliseconds: number;
  /** The last lines that it wrote, kept only when it failed. */
  output: string[];
}

const keptLines = 40;

export interface Annotation {
  readonly level: "error" | "warning" | "notice";
  readonly message: string;
}

export interface JobReport {
  readonly id: string;
  readonly name: string;
  readonly matrix: Readonly<Record<string, unknown>>;
  result: Result;
  readonly startedAt: number;
  milliseconds: number;
  readonly steps: StepReport[];
  readonly annotations: Annotation[];
  readonly summary: string[];
}

const lineSchema = z.object({
  msg: z.string(),
  level: z.string().optional(),
  job: z.string().optional(),
  jobID: z.string().optional(),
  matrix: z.record(z.string(), z.unknown()).nullish(),
  stage: z.string().optional(),
  step: z.string().optional(),
  stepID: z.array(z.string()).optional(),
  stepid: z.array(z.string()).optional(),
  stepResult: z.string().optional(),
  jobResult: z.string().optional(),
  executionTime: z.number().optional(),
  raw_output: z.boolean().optional(),
  command: z.string().optional(),
  arg: z.string().optional(),
  content: z.string().optional(),
});
type Line = z.infer<typeof lineSchema>;

export interface LogListener {
  readonly jobStarted?: (job: JobReport) => void;
  readonly stepEnded?: (job: JobReport, step: StepReport) => void;
  readonly jobEnded?: (job: JobReport) => void;
}

/** Turns act's log, line by line as it comes, into jobs and steps with their times. */
export class ActLog {
  readonly jobs: JobReport[] = [];
  /** What act itself said outside of jobs: a workflow that it cannot read, say. */
  readonly faults: string[] = [];
  readonly #listener: LogListener;
  readonly #now: () => number;
  readonly #started: number;

  constructor(listener: LogListener = {}, now: () => number = Date.now) {
    this.#listener = listener;
    this.#now = now;
    this.#started = now();
  }

  add(text: string): void {
    const line = parse(text);
    if (line === undefined) return void this.faults.push(text);
    if (line.jobID === undefined) {
      if (line.level === "error" || line.level === "fatal") this.faults.push(line.msg);
      return;
    }
    const job = this.#job(line);
    if (line.raw_output === true) return this.#output(job, line.msg.trimEnd());
    this.#command(job, line);
    this.#step(job, line);
    if (line.jobResult !== undefined) this.#endJob(job, line.jobResult);
  }

  #job(line: Line): JobReport {
    const id = line.jobID ?? "";
    const matrix = line.matrix ?? {};
    const found = this.jobs.findLast((job) => job.id === id && same(job.matrix, matrix));
    if (found !== undefined) return found;
    const job: JobReport = {
      id,
      name: nameOf(line),
      matrix,
      result: "running",
      startedAt: this.#elapsed(),
      milliseconds: 0,
      steps: [],
      annotations: [],
      summary: [],
    };
    this.jobs.push(job);
    if (line.jobResult !== "skipped") this.#listener.jobStarted?.(job);
    return job;
  }

  #output(job: JobReport, text: string): void {
    const step = job.steps.findLast(({ result }) => result === "running");
    if (step === undefined) return;
    step.output.push(text);
    if (step.output.length > keptLines) step.output.shift();
  }

  #command(job: JobReport, line: Line): void {
    const level = line.command;
    if (level === "error" || level === "warning" || level === "notice")
      job.annotations.push({ level, message: line.arg ?? line.msg });
    if (level === "summary" && line.content !== undefined) job.summary.push(line.content);
  }

  #step(job: JobReport, line: Line): void {
    const name = line.step;
    if (name === undefined) return;
    const stage = stageOf(line);
    if (line.msg.startsWith("⭐ Run ")) {
      job.steps.push({
        name,
        stage,
        result: "running",
        startedAt: this.#elapsed(),
        milliseconds: 0,
        output: [],
      });
    } else if (line.stepResult !== undefined) {
      const step = job.steps.findLast(
        (given) => given.name === name && given.stage === stage && given.result === "running",
      );
      if (step === undefined) return;
      step.result = resultOf(line.stepResult);
      step.milliseconds =
        line.executionTime === undefined ? this.#elapsed() - step.startedAt : line.executionTime / 1e6;
      if (step.result !== "failure") step.output = [];
      this.#listener.stepEnded?.(job, step);
    }
  }

  #endJob(job: JobReport, result: string): void {
    job.result = resultOf(result);
    job.milliseconds = this.#elapsed() - job.startedAt;
    if (job.result !== "skipped") this.#listener.jobEnded?.(job);
  }

  #elapsed(): number {
    return this.#now() - this.#started;
  }
}

function parse(text: string): Line | undefined {
  try {
    const parsed = lineSchema.safeParse(JSON.parse(text));
    return parsed.success ? parsed.data : undefined;
  } catch {
    return undefined; // Not a line of act's log: kept as it is.
  }
}

/** act writes `workflow/job`, and a number behind the jobs of a matrix, whose own name tells them apart already. */
function nameOf(line: Line): string {
  const name = (line.job ?? "").split("/").slice(1).join("/").trim();
  return (Object.keys(line.matrix ?? {}).length > 0 ? name.replace(/-\d+$/, "") : name) || (line.jobID ?? "");
}

function same(one: object, other: object): boolean {
  return JSON.stringify(one) === JSON.stringify(other);
}

function stageOf(line: Line): StepReport["stage"] {
  const id = line.stepid?.[0] ?? "";
  if (id === "--setup-job") return "Set up";
  if (id === "--complete-job") return "Complete";
  return line.stage === "Pre" || line.stage === "Post" ? line.stage : "Main";
}

function resultOf(text: string): Result {
  return text === "success" || text === "skipped" || text === "cancelled" ? text : "failure";
}
