import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";

const identity = {
  GIT_AUTHOR_NAME: "Test",
  GIT_AUTHOR_EMAIL: "test@example.com",
  GIT_COMMITTER_NAME: "Test",
  GIT_COMMITTER_EMAIL: "test@example.com",
  GIT_CONFIG_GLOBAL: "/dev/null",
  GIT_CONFIG_SYSTEM: "/dev/null",
};

/** A real git repository in a temporary folder; removed when its scope ends. */
export class TemporaryRepository {
  readonly folder: string;

  constructor(folder = realpathSync(mkdtempSync(join(tmpdir(), "repository-")))) {
    this.folder = folder;
  }

  static create(files: Readonly<Record<string, string>> = {}): TemporaryRepository {
    const repository = new TemporaryRepository();
    repository.git("init", "--quiet", "--initial-branch=main");
    repository.commit(files, "first");
    return repository;
  }

  git(...args: readonly string[]): string {
    const environment = { ...process.env, ...identity };
    return execFileSync("git", args, {
      cwd: this.folder,
      env: environment,
      encoding: "utf8",
      maxBuffer: 1 << 28,
    }).trim();
  }

  write(files: Readonly<Record<string, string>>): void {
    for (const [name, content] of Object.entries(files)) {
      const file = join(this.folder, name);
      mkdirSync(dirname(file), { recursive: true });
      writeFileSync(file, content);
    }
  }

  /** Commits the files with whatever else differs; returns the commit. */
  commit(files: Readonly<Record<string, string>>, message = "change"): string {
    this.write(files);
    this.git("add", "--all");
    this.git("commit", "--quiet", "--allow-empty", "--message", message);
    return this.git("rev-parse", "HEAD");
  }

  /** Checks out what GitHub would: the merge of `branch` into main, as a detached commit. */
  checkOutMerge(branch: string): string {
    this.git("checkout", "--quiet", "--detach", "main");
    this.git("merge", "--quiet", "--no-ff", "--message", `merge ${branch}`, branch);
    return this.git("rev-parse", "HEAD");
  }

  [Symbol.dispose](): void {
    rmSync(this.folder, { recursive: true, force: true });
  }
}
