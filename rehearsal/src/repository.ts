import { cp, mkdir, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { parseDocument } from "yaml";
import { type Adaptation, adaptWorkflow } from "./adapt.ts";
import type { Processes } from "./processes.ts";

export interface PullRequest {
  readonly number: number;
  readonly branch: string;
  readonly head: string;
  readonly base: string;
  readonly merge: string;
}

export interface RepositoryOptions {
  /** The checkout that is rehearsed: its files as they are, committed or not, without what git ignores. */
  readonly source: string;
  readonly work: string;
  readonly env: Readonly<Record<string, string>>;
  /** Called once with the copied and adapted work tree, before anything is committed. */
  readonly prepare?: (repository: Repository) => Promise<void>;
}

const stageStack = /^stage\//;

/** The rehearsed repository: a bare origin, and a work tree in which people make their branches. */
export class Repository {
  readonly origin: string;
  readonly tree: string;
  readonly adaptations: Adaptation[] = [];
  /** Per workflow file, the actions from elsewhere that it uses. */
  readonly actions = new Map<string, readonly string[]>();
  readonly #processes: Processes;
  readonly #env: Readonly<Record<string, string>>;

  private constructor(processes: Processes, options: RepositoryOptions) {
    this.origin = join(options.work, "origin.git");
    this.tree = join(options.work, "repository");
    this.#processes = processes;
    this.#env = {
      ...options.env,
      GIT_AUTHOR_NAME: "Ada",
      GIT_AUTHOR_EMAIL: "ada@example.com",
      GIT_COMMITTER_NAME: "Ada",
      GIT_COMMITTER_EMAIL: "ada@example.com",
    };
  }

  /** `main` without the platform, and the branch `platform` that brings it in. */
  static async create(processes: Processes, options: RepositoryOptions): Promise<Repository> {
    const repository = new Repository(processes, options);
    await mkdir(repository.tree, { recursive: true });
    await repository.git("init", "--quiet", "--initial-branch=main", "--bare", repository.origin);
    await repository.git("-C", repository.origin, "config", "uploadpack.allowAnySHA1InWant", "true");
    await repository.git("init", "--quiet", "--initial-branch=main");
    await repository.git("remote", "add", "origin", repository.origin);
    await repository.#copy(options.source);
    await repository.#adapt();
    await options.prepare?.(repository);
    await repository.git("add", "--all");
    await repository.git("rm", "--quiet", "-r", "--cached", "--ignore-unmatch", "infra/stage");
    const map = join(repository.tree, ".github", "stacks.yml");
    const whole = await readFile(map, "utf8");
    await writeFile(map, withoutStage(whole));
    await repository.git("add", ".github/stacks.yml");
    await repository.git("commit", "--quiet", "--message", "Set up state, locks and deploy roles");
    await repository.git("push", "--quiet", "origin", "main");
    await repository.git("switch", "--quiet", "--create", "platform");
    await writeFile(map, whole);
    await repository.commit("Bring in the data platform");
    return repository;
  }

  async git(...args: readonly string[]): Promise<string> {
    return this.#processes.run("git", args, { cwd: this.tree, env: this.#env });
  }

  /** Commits everything in the work tree to its branch and pushes it. */
  async commit(message: string): Promise<void> {
    await this.git("add", "--all");
    await this.git("commit", "--quiet", "--message", message);
    await this.git("push", "--quiet", "--force", "origin", "HEAD");
  }

  /** A new branch off main, ready to be changed. */
  async branch(name: string): Promise<void> {
    await this.git("fetch", "--quiet", "origin");
    await this.git("switch", "--quiet", "--create", name, "origin/main", "--no-track");
  }

  /** Makes the merge commit that GitHub shows a pull request's workflow under `refs/pull/N/merge`. */
  async pullRequest(number: number, branch: string): Promise<PullRequest> {
    const base = await this.#commitOf("refs/heads/main");
    const head = await this.#commitOf(`refs/heads/${branch}`);
    const tree = (await this.#bare("merge-tree", "--write-tree", base, head)).split("\n")[0] ?? "";
    const message = `Merge ${head} into ${base}`;
    const merge = await this.#bare("commit-tree", tree, "-p", base, "-p", head, "-m", message);
    await this.#bare("update-ref", `refs/pull/${number}/head`, head);
    await this.#bare("update-ref", `refs/pull/${number}/merge`, merge);
    return { number, branch, head, base, merge };
  }

  /** Merges as the button on GitHub does; returns main's new commit. */
  async merge(pull: PullRequest, title: string): Promise<string> {
    const main = await this.#commitOf("refs/heads/main");
    const tree = (await this.#bare("merge-tree", "--write-tree", main, pull.head)).split("\n")[0] ?? "";
    const message = `Merge pull request #${pull.number} from ${pull.branch}\n\n${title}`;
    const commit = await this.#bare("commit-tree", tree, "-p", main, "-p", pull.head, "-m", message);
    await this.#bare("update-ref", "refs/heads/main", commit, main);
    return commit;
  }

  /** A fresh clone with a commit checked out. */
  async clone(folder: string, commit: string): Promise<void> {
    await rm(folder, { recursive: true, force: true });
    await this.git("clone", "--quiet", "--no-checkout", this.origin, folder);
    await this.git("-C", folder, "fetch", "--quiet", "origin", commit);
    await this.git("-C", folder, "checkout", "--quiet", "--detach", commit);
  }

  async #bare(...args: readonly string[]): Promise<string> {
    return (await this.git("-C", this.origin, ...args)).trim();
  }

  #commitOf(ref: string): Promise<string> {
    return this.#bare("rev-parse", "--verify", `${ref}^{commit}`);
  }

  async #copy(source: string): Promise<void> {
    const list = ["ls-files", "-z", "--cached", "--others", "--exclude-standard", "--deduplicate"];
    const deleted = new Set((await this.git("-C", source, "ls-files", "-z", "--deleted")).split("\0"));
    const files = (await this.git("-C", source, ...list))
      .split("\0")
      .filter((file) => file !== "" && !deleted.has(file));
    for (const file of files) {
      await mkdir(join(this.tree, dirname(file)), { recursive: true });
      await cp(join(source, file), join(this.tree, file), { verbatimSymlinks: true });
    }
  }

  async #adapt(): Promise<void> {
    const folder = join(this.tree, ".github", "workflows");
    for (const file of (await readdir(folder)).filter((name) => /\.ya?ml$/.test(name))) {
      const adapted = adaptWorkflow(`.github/workflows/${file}`, await readFile(join(folder, file), "utf8"));
      this.actions.set(file, adapted.actions);
      if (adapted.adaptations.length > 0) await writeFile(join(folder, file), adapted.text);
      this.adaptations.push(...adapted.adaptations);
    }
  }
}

/** The stack map as it was before the platform came: its environments are there, its stacks are not. */
function withoutStage(text: string): string {
  const map = parseDocument(text);
  const stacks = map.toJS()["stacks"] as Record<string, unknown>;
  for (const id of Object.keys(stacks).filter((name) => stageStack.test(name))) map.deleteIn(["stacks", id]);
  return map.toString({ lineWidth: 0 });
}
