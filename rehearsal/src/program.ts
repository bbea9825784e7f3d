import { type Options, UsageError } from "./options.ts";
import { Processes } from "./processes.ts";
import { Progress } from "./progress.ts";
import { openWorkplace, type Workplace } from "./rehearsal.ts";
import { administrator } from "./servers/aws-front.ts";

/** Ended by a signal: everything is put away, and the exit code says which. */
class Interrupted extends Error {}

export interface Surroundings {
  readonly processes: Processes;
  readonly progress: Progress;
  readonly workplace: Workplace;
  /** Ended last to first, however the program ends. */
  readonly cleanups: AsyncDisposableStack;
  readonly interrupted: () => boolean;
}

export interface Program {
  /** As a person types it: `npm start`. */
  readonly command: string;
  /** Undefined when only help was asked for, which it has printed. */
  readonly parse: () => Options | undefined;
  readonly run: (options: Options, surroundings: Surroundings) => Promise<void>;
}

/** Runs a program that starts servers and leaves none; gives its exit code. */
export async function runProgram({ command, parse, run }: Program): Promise<number> {
  const options = readOptions(command, parse);
  if (options === undefined) return 0;
  const processes = new Processes();
  process.on("exit", () => processes.killAll());
  const progress = new Progress(process.stdout);
  let over = false;
  const interruption = interrupted();
  interruption.catch(() => {
    over = true;
  });
  const workplace = await openWorkplace();
  const cleanups = new AsyncDisposableStack();
  cleanups.defer(() => workplace.remove());
  cleanups.defer(() => processes.endAll());
  try {
    const work = run(options, { processes, progress, workplace, cleanups, interrupted: () => over });
    work.catch(() => undefined); // It may still fail after an interruption.
    await Promise.race([work, interruption]);
    if (options.keep) await interruption.catch(() => undefined);
    return 0;
  } catch (error) {
    if (error instanceof Interrupted) progress.plain("\nInterrupted; ending everything that was started.");
    else progress.plain(`\n${explain(error)}`);
    return error instanceof Interrupted ? 130 : 1;
  } finally {
    await cleanups.disposeAsync();
  }
}

function readOptions(command: string, parse: Program["parse"]): Options | undefined {
  try {
    return parse();
  } catch (error) {
    if (!isUsageError(error)) throw error;
    process.stderr.write(`${error.message}\n${command} -- --help tells all options.\n`);
    return process.exit(2);
  }
}

function isUsageError(error: unknown): error is Error {
  const { code = "" } = error as { code?: string };
  return error instanceof UsageError || code.startsWith("ERR_PARSE_ARGS");
}

function interrupted(): Promise<never> {
  const promise = new Promise<never>((_, reject) => {
    for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const)
      process.on(signal, () => reject(new Interrupted(signal)));
  });
  promise.catch(() => undefined);
  return promise;
}

export function explain(error: unknown): string {
  return error instanceof Error
    ? process.env["REHEARSAL_DEBUG"] === undefined
      ? error.message
      : (error.stack ?? "")
    : String(error);
}

/** How to reach AWS while the servers stay up. */
export function howToReach(awsUrl: string, region: string): string {
  return `
The servers stay up until Ctrl-C. To look around:

  export AWS_ENDPOINT_URL=${awsUrl} AWS_REGION=${region}
  export AWS_ACCESS_KEY_ID=${administrator.accessKeyId} AWS_SECRET_ACCESS_KEY=${administrator.secretAccessKey}`;
}
