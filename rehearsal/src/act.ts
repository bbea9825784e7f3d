import { mkdir, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { ActLog, type JobReport, type LogListener } from "./act-log.ts";
import type { Processes } from "./processes.ts";

export interface ActRun {
  /** Folder of the repository, with the run's commit checked out. */
  readonly folder: string;
  /** `deploy.yml`. */
  readonly workflow: string;
  readonly event: string;
  readonly payload: unknown;
  /** Variables that the runner would set, `GITHUB_REF` and the like, and those of the machine. */
  readonly env: Readonly<Record<string, string>>;
  readonly secrets: Readonly<Record<string, string>>;
  readonly vars: Readonly<Record<string, string>>;
  /** `owner/name@ref` → folder of the stand-in. */
  readonly standIns: ReadonlyMap<string, string>;
  readonly actor: string;
  /** Where act keeps what this run needs. */
  readonly work: string;
  /** File for act's own log, masked, a JSON document a line. */
  readonly log: string;
}

export interface ActResult {
  readonly succeeded: boolean;
  readonly jobs: readonly JobReport[];
  readonly faults: readonly string[];
  readonly milliseconds: number;
}

const labels = ["ubuntu-latest", "ubuntu-24.04", "ubuntu-24.04-arm", "ubuntu-22.04"];
const limitMilliseconds = 30 * 60_000;

/** Runs one workflow under act in host mode, that is with the tools of this machine. */
export async function runWithAct(
  processes: Processes,
  run: ActRun,
  machine: Readonly<Record<string, string>>,
  listener: LogListener,
): Promise<ActResult> {
  await mkdir(run.work, { recursive: true });
  const args = await actArguments(run);
  const log = new ActLog(listener);
  const raw: string[] = [];
  const started = Date.now();
  const running = processes.start("act", args, {
    cwd: run.folder,
    env: machine,
    timeLimit: limitMilliseconds,
    onLine: (line, stream) => {
      raw.push(line);
      if (stream === "stdout") log.add(line);
      else if (line.startsWith("Error:")) log.faults.push(line);
    },
  });
  const { code } = await running.exited;
  await mkdir(dirname(run.log), { recursive: true });
  await writeFile(run.log, `${raw.join("\n")}\n`);
  return { succeeded: code === 0, jobs: log.jobs, faults: log.faults, milliseconds: Date.now() - started };
}

async function actArguments(run: ActRun): Promise<string[]> {
  const file = async (name: string, content: string): Promise<string> => {
    const path = join(run.work, name);
    await writeFile(path, content, { mode: 0o600 });
    return path;
  };
  return [
    run.event,
    ...["--directory", run.folder, "--workflows", `.github/workflows/${run.workflow}`],
    ...["--eventpath", await file("event.json", JSON.stringify(run.payload))],
    ...["--env-file", await file("env", dotenv(run.env))],
    ...["--secret-file", await file("secrets", dotenv(run.secrets))],
    ...["--var-file", await file("vars", dotenv(run.vars))],
    ...["--input-file", await file("inputs", "")],
    ...labels.flatMap((label) => ["--platform", `${label}=-self-hosted`]),
    ...[...run.standIns].flatMap(([action, folder]) => ["--local-repository", `${action}=${folder}`]),
    ...["--actor", run.actor, "--action-cache-path", join(run.work, "cache"), "--concurrent-jobs", "2"],
    // Without these two act listens on an outside address.
    ...["--artifact-server-addr", "127.0.0.1", "--no-cache-server"],
    // Checkouts are as deep as the workflow says, not a copy of the whole folder.
    ...["--no-skip-checkout", "--action-offline-mode", "--json"],
  ];
}

function dotenv(values: Readonly<Record<string, string>>): string {
  return Object.entries(values)
    .map(([name, value]) => `${name}=${JSON.stringify(value)}\n`)
    .join("");
}
