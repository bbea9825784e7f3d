import { execFile } from "node:child_process";
import { ActionError } from "../action-error.ts";
import type { MainCommit } from "../ports/main-history.ts";

const objectName = /^[0-9a-f]{40}([0-9a-f]{24})?$/;
const outputLimitBytes = 1 << 30;

interface GitOutput {
  readonly status: number;
  readonly stdout: Buffer;
  readonly stderr: string;
}

/** The repository that is checked out in `folder`. Changes nothing in it; every list is exact and complete. */
export class Git {
  private readonly folder: string;

  constructor(folder: string) {
    this.folder = folder;
  }

  /** The commit that `revision` ("HEAD" or an object name) means, or undefined when it is not here. */
  async commit(revision: string): Promise<string | undefined> {
    const { status, stdout } = await this.run([
      "rev-parse",
      "--verify",
      "--quiet",
      `${named(revision)}^{commit}`,
    ]);
    return status === 0 ? stdout.toString().trim() : undefined;
  }

  /** Head of a branch of `origin` when this was fetched; undefined: it was not. */
  async remoteHead(branch: string): Promise<string | undefined> {
    const { status, stdout } = await this.run([
      "rev-parse",
      "--verify",
      "--quiet",
      `refs/remotes/origin/${branch}^{commit}`,
    ]);
    return status === 0 ? stdout.toString().trim() : undefined;
  }

  async treeOf(commit: string): Promise<string> {
    const stdout = await this.read(["rev-parse", "--verify", `${named(commit)}^{tree}`]);
    return stdout.toString().trim();
  }

  /** Parents as the commit itself names them, those that a shallow clone lacks too. */
  async parents(commit: string): Promise<string[]> {
    const text = (await this.read(["cat-file", "commit", named(commit)])).toString();
    const header = text.slice(0, text.indexOf("\n\n"));
    return [...header.matchAll(/^parent ([0-9a-f]+)$/gm)].map((match) => match[1] ?? "");
  }

  /** Undefined when there is none, or when the history that would show it is not here. */
  async mergeBase(left: string, right: string): Promise<string | undefined> {
    const { status, stdout } = await this.run(["merge-base", named(left), named(right)]);
    return status === 0 ? stdout.toString().trim() : undefined;
  }

  /** Whether `ancestor` is an ancestor of `commit`, or the same. Throws when either is not here. */
  async isAncestor(ancestor: string, commit: string): Promise<boolean> {
    const args = ["merge-base", "--is-ancestor", named(ancestor), named(commit)];
    const output = await this.run(args);
    if (output.status > 1) throw failure(args, output);
    return output.status === 0;
  }

  /**
   * The commits by which a branch came from `after` (undefined: its beginning) to `upTo`, newest first: those
   * that were made on it, and the merges into it, without what came in by them.
   */
  async firstParents(after: string | undefined, upTo: string): Promise<MainCommit[]> {
    const range = [named(upTo), ...(after === undefined ? [] : [`^${named(after)}`])];
    const lines = paths(
      await this.read(["log", "-z", "--first-parent", "--format=%H %T %P", ...range, "--"]),
    );
    return lines.map((line) => {
      const [commit = "", tree = "", ...parents] = line.trim().split(" ");
      return { commit, tree, parents };
    });
  }

  /** Heads of the branches that are here. */
  async branchHeads(): Promise<string[]> {
    const refs = ["refs/heads", "refs/remotes"];
    const lines = (await this.read(["for-each-ref", "--format=%(objectname)", ...refs])).toString();
    return lines.split("\n").filter((line) => line !== "");
  }

  /** Tree of a merge of two commits; undefined where they conflict, or git is older than 2.38. */
  async mergedTree(ours: string, theirs: string): Promise<string | undefined> {
    const { status, stdout } = await this.run(["merge-tree", "--write-tree", named(ours), named(theirs)]);
    return status === 0 ? stdout.toString().trim() : undefined;
  }

  /** Every path that differs between two trees; a rename counts as both of its paths. */
  async changedFiles(base: string, head: string): Promise<string[]> {
    const options = ["--no-renames", "--no-ext-diff", "--ignore-submodules=none"];
    return paths(await this.read(["diff", "-z", "--name-only", ...options, named(base), named(head), "--"]));
  }

  /** Tracked files, all or those below the given paths. */
  async trackedFiles(below: readonly string[] = []): Promise<string[]> {
    return paths(await this.read(["--literal-pathspecs", "ls-files", "-z", "--cached", "--", ...below]));
  }

  /** Content of a file in a commit, or undefined when the commit has no such file. */
  async showFile(commit: string, path: string): Promise<string | undefined> {
    const entry = await this.read(["--literal-pathspecs", "ls-tree", "-z", named(commit), "--", path]);
    const object = /^\d+ blob ([0-9a-f]+)\t/.exec(entry.toString())?.[1];
    return object === undefined ? undefined : (await this.read(["cat-file", "blob", object])).toString();
  }

  async isRepository(): Promise<boolean> {
    return (await this.run(["rev-parse", "--git-dir"])).status === 0;
  }

  async isShallow(): Promise<boolean> {
    return (await this.read(["rev-parse", "--is-shallow-repository"])).toString().trim() === "true";
  }

  private async read(args: readonly string[]): Promise<Buffer> {
    const output = await this.run(args);
    if (output.status !== 0) throw failure(args, output);
    return output.stdout;
  }

  private run(args: readonly string[]): Promise<GitOutput> {
    const safe = ["-c", `safe.directory=${this.folder}`, "-c", "core.fsmonitor=false", "--no-pager"];
    const environment = { ...process.env, LC_ALL: "C", GIT_OPTIONAL_LOCKS: "0", GIT_TERMINAL_PROMPT: "0" };
    return new Promise((resolve, reject) => {
      execFile(
        "git",
        [...safe, ...args],
        { cwd: this.folder, env: environment, encoding: "buffer", maxBuffer: outputLimitBytes },
        (error, stdout, stderr) => {
          const status = error === null ? 0 : error.code;
          if (typeof status === "number") resolve({ status, stdout, stderr: stderr.toString() });
          else
            reject(
              new ActionError("git could not be run", {
                hint: "The runner needs git on its PATH.",
                cause: error,
              }),
            );
        },
      );
    });
  }
}

function named(revision: string): string {
  if (revision === "HEAD" || objectName.test(revision)) return revision;
  throw new ActionError(`${JSON.stringify(revision.slice(0, 100))} is not the name of a commit`, {
    hint: "A commit is named by its full SHA.",
  });
}

function paths(output: Buffer): string[] {
  const list = output.toString().split("\0");
  list.pop();
  return list;
}

function failure(args: readonly string[], { status, stderr }: GitOutput): ActionError {
  const said = stderr.trim().split("\n").slice(0, 3).join(" · ").slice(0, 400);
  return new ActionError(
    `git ${args.filter((arg) => !arg.startsWith("-"))[0] ?? ""} failed (${status}): ${said}`,
    {
      hint: "The workspace must be a checkout of the repository with the history it needs (`fetch-depth: 0`).",
    },
  );
}
