import { execFileSync } from "node:child_process";
import { mkdtempSync, realpathSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { Git } from "../src/adapters/git.ts";
import { TemporaryRepository } from "./temporary-repository.ts";

describe("Git", () => {
  it("lists both paths of a rename, deletions, and names with newlines and quotes", async () => {
    using repository = TemporaryRepository.create({ "a/same.txt": "content", "b/gone.txt": "1" });
    const base = repository.git("rev-parse", "HEAD");
    repository.git("mv", "a/same.txt", "c.txt");
    repository.git("rm", "--quiet", "b/gone.txt");
    const head = repository.commit({ 'odd\n"name".txt': "x", "ä.txt": "y" });
    expect(await new Git(repository.folder).changedFiles(base, head)).toEqual(
      ["a/same.txt", "b/gone.txt", "c.txt", 'odd\n"name".txt', "ä.txt"].sort(),
    );
  });

  it("counts a change of mode, and a folder that became a link", async () => {
    using repository = TemporaryRepository.create({ "run.sh": "#!/bin/sh", "folder/x.tf": "" });
    const base = repository.git("rev-parse", "HEAD");
    repository.git("update-index", "--chmod=+x", "run.sh");
    repository.git("rm", "--quiet", "-r", "folder");
    execFileSync("ln", ["-s", "run.sh", join(repository.folder, "folder")]);
    repository.git("add", "folder");
    repository.git("commit", "--quiet", "--message", "modes");
    expect(await new Git(repository.folder).changedFiles(base, "HEAD")).toEqual([
      "folder",
      "folder/x.tf",
      "run.sh",
    ]);
  });

  it("knows parents, trees, ancestors and merge bases", async () => {
    using repository = TemporaryRepository.create({ "a.txt": "1" });
    const first = repository.git("rev-parse", "HEAD");
    repository.git("checkout", "--quiet", "-b", "topic");
    const topic = repository.commit({ "b.txt": "1" });
    repository.git("checkout", "--quiet", "main");
    const main = repository.commit({ "c.txt": "1" });
    const merge = repository.checkOutMerge("topic");
    const git = new Git(repository.folder);
    expect(await git.parents(merge)).toEqual([main, topic]);
    expect(await git.mergeBase(main, topic)).toBe(first);
    expect(await git.isAncestor(first, merge)).toBe(true);
    expect(await git.isAncestor(topic, main)).toBe(false);
    expect(await git.treeOf(merge)).toBe(repository.git("rev-parse", "HEAD^{tree}"));
    expect(await git.commit("0".repeat(40))).toBeUndefined();
    await expect(git.isAncestor("0".repeat(40), main)).rejects.toThrow("git merge-base failed");
  });

  it("reads a file of a commit, and nothing for one that is not there or is a folder", async () => {
    using repository = TemporaryRepository.create({ "dir/a[1].txt": "one" });
    const git = new Git(repository.folder);
    expect(await git.showFile("HEAD", "dir/a[1].txt")).toBe("one");
    expect(await git.showFile("HEAD", "dir/a1.txt")).toBeUndefined();
    expect(await git.showFile("HEAD", "dir")).toBeUndefined();
  });

  it("tells the true parents of a shallow checkout, and that they are missing", async () => {
    using origin = TemporaryRepository.create({ "a.txt": "1" });
    const first = origin.git("rev-parse", "HEAD");
    const second = origin.commit({ "a.txt": "2" });
    using clone = new TemporaryRepository(realpathSync(mkdtempSync(join(tmpdir(), "clone-"))));
    clone.git("clone", "--quiet", "--depth=1", `file://${origin.folder}`, ".");
    const git = new Git(clone.folder);
    expect(await git.isShallow()).toBe(true);
    expect(await git.parents(second)).toEqual([first]);
    expect(await git.commit(first)).toBeUndefined();
  });

  it("takes no option and no expression for a commit", async () => {
    using repository = TemporaryRepository.create();
    const git = new Git(repository.folder);
    for (const revision of ["--output=x", "main", "HEAD~1", "", `${"a".repeat(40)}..HEAD`])
      await expect(git.changedFiles(revision, "HEAD")).rejects.toThrow("is not the name of a commit");
  });

  it("is exact beyond the 300 and 3,000 files at which GitHub's own lists end", async () => {
    using repository = TemporaryRepository.create();
    const base = repository.git("rev-parse", "HEAD");
    repository.commit(
      Object.fromEntries(Array.from({ length: 3001 }, (_, index) => [`many/f${index}.txt`, "x"])),
    );
    expect(await new Git(repository.folder).changedFiles(base, "HEAD")).toHaveLength(3001);
  });
});
