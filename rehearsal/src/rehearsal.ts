import { mkdir, mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseStackMap, type StackMap } from "../../actions/shared/src/contracts/stack-map.ts";
import type { Account } from "./account.ts";
import type { JobReport } from "./act-log.ts";
import type { Checks } from "./check.ts";
import { machineEnvironment } from "./machine.ts";
import type { Options } from "./options.ts";
import type { Processes } from "./processes.ts";
import type { Progress } from "./progress.ts";
import type { PullRequest, Repository } from "./repository.ts";
import type { Input } from "./scenario/input.ts";
import type { Comment } from "./servers/github-objects.ts";
import type { Servers } from "./servers/servers.ts";

/** One workflow run, as the report shows it. */
export interface RunReport {
  readonly id: number;
  readonly title: string;
  readonly workflow: string;
  readonly event: string;
  readonly ref: string;
  readonly commit: string;
  readonly pullRequest?: number | undefined;
  readonly succeeded: boolean;
  readonly milliseconds: number;
  readonly jobs: readonly JobReport[];
  readonly faults: readonly string[];
  /** Folder with one folder for each artifact. */
  readonly artifacts: string;
}

export const author = "ada";

/** What the bot's comment said after a run. */
export interface Shown {
  readonly after: string;
  readonly comment: Comment;
}

export interface OpenedPull {
  readonly pull: PullRequest;
  readonly title: string;
  readonly body: string;
  merged?: string;
  readonly shown: Shown[];
}

/** Everything that the steps of the rehearsal share. */
export interface Rehearsal {
  readonly options: Options;
  readonly source: string;
  readonly work: string;
  readonly env: Readonly<Record<string, string>>;
  readonly map: StackMap;
  readonly processes: Processes;
  readonly progress: Progress;
  readonly checks: Checks;
  readonly servers: Servers;
  readonly account: Account;
  /** The hours to work with; there before anything starts, so that what cannot be had is said at once. */
  readonly input: Input;
  readonly repository: Repository;
  readonly runs: RunReport[];
  readonly pulls: OpenedPull[];
  /** Facts for the report that a step found. */
  readonly facts: Record<string, unknown>;
}

/** The part of it that the data needs, and that `npm run data` has without a repository on GitHub. */
export interface DataScene
  extends Pick<
    Rehearsal,
    "options" | "source" | "work" | "env" | "map" | "processes" | "progress" | "checks" | "account" | "input"
  > {
  readonly servers: Pick<Servers, "aws">;
}

export interface Workplace {
  readonly source: string;
  readonly work: string;
  readonly env: Readonly<Record<string, string>>;
  readonly map: StackMap;
  remove(): Promise<void>;
}

/** A temporary folder for the rehearsal, and what it needs to know of the checkout. */
export async function openWorkplace(): Promise<Workplace> {
  const source = join(import.meta.dirname, "..", "..");
  const map = parseStackMap(
    await readFile(join(source, ".github", "stacks.yml"), "utf8"),
    ".github/stacks.yml",
  );
  const work = await mkdtemp(join(tmpdir(), "rehearsal-"));
  for (const folder of ["home", "tmp", "runs"]) await mkdir(join(work, folder));
  return {
    source,
    work,
    env: machineEnvironment(work, process.env),
    map,
    remove: () => rm(work, { recursive: true, force: true, maxRetries: 3 }),
  };
}
