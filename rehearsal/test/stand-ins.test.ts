import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { standInsFor } from "../src/stand-ins.ts";

let root: string;

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "stand-ins-"));
  for (const file of ["out/a.json", "out/deep/b.json", "out/.terraform.lock.hcl", "other/c.txt"]) {
    mkdirSync(join(root, "workspace", dirname(file)), { recursive: true });
    writeFileSync(join(root, "workspace", file), file);
  }
});
afterEach(() => rmSync(root, { recursive: true }));

function run(name: string, inputs: Record<string, string>): { failed: boolean; said: string } {
  const given = Object.entries(inputs).map(([input, value]) => [`INPUT_${input.toUpperCase()}`, value]);
  const { status, stdout } = spawnSync(
    process.execPath,
    [join(import.meta.dirname, "..", "stand-ins", name, "index.ts")],
    {
      cwd: join(root, "workspace"),
      env: {
        PATH: process.env["PATH"],
        ...Object.fromEntries(given),
        REHEARSAL_ARTIFACTS: join(root, "artifacts"),
        GITHUB_WORKSPACE: join(root, "workspace"),
        GITHUB_OUTPUT: join(root, "output"),
      },
      encoding: "utf8",
    },
  );
  return { failed: status !== 0, said: stdout };
}

const listed = (folder: string): string[] =>
  readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(folder.length + 1))
    .sort();

it("uploads what lies in a folder, without what begins with a dot", () => {
  expect(run("upload-artifact", { name: "x", path: "out" }).failed).toBe(false);
  expect(listed(join(root, "artifacts", "x"))).toEqual(["a.json", "deep/b.json"]);
});

it("uploads hidden files when asked to", () => {
  run("upload-artifact", { name: "x", path: "out", "include-hidden-files": "true" });
  expect(listed(join(root, "artifacts", "x"))).toContain(".terraform.lock.hcl");
});

it("keeps the folders of several paths below what they have in common", () => {
  run("upload-artifact", { name: "x", path: "out/a.json\nother" });
  expect(listed(join(root, "artifacts", "x"))).toEqual(["other/c.txt", "out/a.json"]);
});

it("refuses a name twice in one run, and nothing to upload where that is an error", () => {
  run("upload-artifact", { name: "x", path: "out" });
  expect(run("upload-artifact", { name: "x", path: "other" })).toMatchObject({
    failed: true,
    said: expect.stringContaining("already exists"),
  });
  const missing = run("upload-artifact", { name: "y", path: "nowhere", "if-no-files-found": "error" });
  expect(missing).toMatchObject({ failed: true, said: expect.stringContaining("No files were found") });
  expect(existsSync(join(root, "artifacts", "y"))).toBe(false);
});

it("downloads one artifact, or those of a pattern into one folder or each into its own", () => {
  run("upload-artifact", { name: "result-1", path: "out" });
  run("upload-artifact", { name: "result-2", path: "other" });
  run("download-artifact", { name: "result-1", path: "one" });
  run("download-artifact", { pattern: "result-*", path: "merged", "merge-multiple": "true" });
  run("download-artifact", { pattern: "result-*", path: "apart" });
  expect(listed(join(root, "workspace", "one"))).toEqual(["a.json", "deep/b.json"]);
  expect(listed(join(root, "workspace", "merged"))).toEqual(["a.json", "c.txt", "deep/b.json"]);
  expect(listed(join(root, "workspace", "apart"))).toEqual([
    "result-1/a.json",
    "result-1/deep/b.json",
    "result-2/c.txt",
  ]);
});

it("fails for an artifact that is not there, but not for a pattern that none fits", () => {
  expect(run("download-artifact", { name: "x" }).failed).toBe(true);
  expect(run("download-artifact", { pattern: "x-*" }).failed).toBe(false);
});

it("refuses a wrapper around Terraform, and another Node", () => {
  expect(run("setup-terraform", { terraform_version: "1.11.4", terraform_wrapper: "true" }).failed).toBe(
    true,
  );
  expect(run("setup-node", { "node-version": "20" }).failed).toBe(true);
  expect(run("setup-node", { "node-version": "24" }).failed).toBe(false);
});

it("knows no stand-in for an action that nobody made one for", () => {
  expect(() => standInsFor(["acme/unknown@0123"])).toThrow("acme/unknown@0123");
});
