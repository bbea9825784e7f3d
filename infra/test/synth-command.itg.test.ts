import { execFileSync, spawnSync } from "node:child_process";
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { copyRepository, withProd } from "./repository.ts";

let folder: string;
let repository: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "synth-"));
  repository = copyRepository(join(folder, "repository"));
  writeFileSync(join(repository, ".gitignore"), "node_modules\ncdktf.out\nfunctions/*/dist\n");
  git("init", "-q", "-b", "main");
  git("add", "-A");
  git("commit", "-qm", "first");
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function git(...args: string[]): string {
  const identity = ["-c", "user.name=t", "-c", "user.email=t@example.org"];
  return execFileSync("git", ["-C", repository, ...identity, ...args], { encoding: "utf8" });
}

function synth(
  args: readonly string[],
  given: { readonly at?: string; readonly env?: NodeJS.ProcessEnv } = {},
) {
  const root = given.at ?? repository;
  const result = spawnSync(process.execPath, [join(root, "infra/synth.ts"), ...args], {
    cwd: root,
    encoding: "utf8",
    env: { PATH: process.env["PATH"], HOME: process.env["HOME"], ...given.env },
  });
  return { code: result.status, text: result.stdout + result.stderr };
}

/** Every file below a folder with its content. */
function contents(root: string): Map<string, string> {
  const files = readdirSync(root, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  return new Map(
    files
      .map((entry) => join(entry.parentPath, entry.name))
      .map((file): [string, string] => [relative(root, file), readFileSync(file, "base64")])
      .toSorted(([left], [right]) => left.localeCompare(right)),
  );
}

describe("synth", () => {
  it("writes the same bytes from another path, time zone and locale, archives included", () => {
    const first = synth(["--out", join(folder, "first")]);
    expect(first.code, first.text).toBe(0);
    const elsewhere = join(folder, "some where else");
    cpSync(repository, elsewhere, { recursive: true, verbatimSymlinks: true });
    const second = synth(["--out", join(folder, "second")], {
      at: elsewhere,
      env: { TZ: "Pacific/Auckland", LANG: "tr_TR.UTF-8", LC_ALL: "tr_TR.UTF-8" },
    });
    expect(second.code, second.text).toBe(0);
    const files = contents(join(folder, "first"));
    expect([...files.keys()].filter((name) => name.endsWith(".zip"))).toHaveLength(2);
    expect([...files.keys()].filter((name) => name.endsWith(".whl"))).toHaveLength(1);
    expect(contents(join(folder, "second"))).toEqual(files);
  });

  it("leaves what was there untouched when a stack throws, and nothing beside it", () => {
    const broken = join(folder, "broken");
    cpSync(repository, broken, { recursive: true, verbatimSymlinks: true });
    writeFileSync(
      join(broken, "infra/stage/storage/s3/stack.ts"),
      "export function build() { throw new Error('out of cheese'); }\n",
    );
    const out = join(folder, "kept", "assembly");
    mkdirSync(out, { recursive: true });
    writeFileSync(join(out, "before"), "x");
    const result = synth(["--out", out], { at: broken });
    expect(result.code).toBe(1);
    expect(result.text).toContain("out of cheese");
    expect(readdirSync(out)).toEqual(["before"]);
    expect(readdirSync(join(folder, "kept"))).toEqual(["assembly"]);
  });

  it("gives the code of the stacks no credentials", () => {
    const nosy = join(folder, "nosy");
    cpSync(repository, nosy, { recursive: true, verbatimSymlinks: true });
    writeFileSync(
      join(nosy, "infra/stage/storage/s3/stack.ts"),
      "export function build() { throw new Error(JSON.stringify(process.env)); }\n",
    );
    const result = synth(["--out", join(folder, "never")], {
      at: nosy,
      env: { AWS_SECRET_ACCESS_KEY: "canary-1", GITHUB_TOKEN: "canary-2" },
    });
    expect(result.text).toContain('"PATH"');
    expect(result.text).not.toContain("canary");
  });

  it("synthesizes another commit with that commit's code, and cleans up", () => {
    const base = git("rev-parse", "HEAD").trim();
    writeFileSync(
      join(repository, "infra/stage/storage/s3/helper-bucket.ts"),
      "export function helperBucket(): void {}\n",
    );
    git("commit", "-qam", "second");
    const head = synth(["--out", join(folder, "head")]);
    const at = synth(["--at", base, "--out", join(folder, "base")]);
    expect(head.code, head.text).toBe(0);
    expect(at.code, at.text).toBe(0);
    expect(contents(join(folder, "base"))).toEqual(contents(join(folder, "first")));
    expect(contents(join(folder, "head"))).not.toEqual(contents(join(folder, "base")));
    expect(git("worktree", "list").trim().split("\n")).toHaveLength(1);
    git("reset", "-q", "--hard", base);
  });

  it.each([
    [["--at", "no-such-commit"], /There is no commit no-such-commit/],
    [["--outt", "x"], /Unknown option '--outt'/],
  ])("says what is wrong with %j", (args, message) => {
    const { code, text } = synth(args);
    expect(code).toBe(1);
    expect(text).toMatch(message);
    expect(existsSync(join(repository, "cdktf.out"))).toBe(false);
  });

  it("takes a second environment from one folder and its lines in the map", () => {
    const second = join(folder, "with-prod");
    cpSync(repository, second, { recursive: true, verbatimSymlinks: true });
    const map = join(second, ".github/stacks.yml");
    writeFileSync(map, withProd(readFileSync(map, "utf8")));
    for (const id of ["storage/s3", "storage/dynamodb", "workflow/lambda"]) {
      mkdirSync(join(second, "infra/prod", id), { recursive: true });
      for (const file of ["stack.ts", "permissions.ts"])
        writeFileSync(
          join(second, "infra/prod", id, file),
          `export * from "../../../stage/${id}/${file}";\n`,
        );
    }
    const result = synth(["--out", join(folder, "prod")], { at: second });
    expect(result.code, result.text).toBe(0);
    const lambda = readFileSync(join(folder, "prod/stacks/prod-workflow-lambda/cdk.tf.json"), "utf8");
    expect(lambda).toContain("activity-prod-storage-s3-raw-layer-123456789012");
    expect(lambda).toContain("activity-prod-storage-dynamodb-hour-manifest");
    expect(lambda).toContain("eu-central-1");
    expect(lambda).not.toContain("activity-stage");
    const identity = readFileSync(join(folder, "prod/stacks/global-deploy-identity/cdk.tf.json"), "utf8");
    for (const role of [
      "activity-plan-prod",
      "activity-apply-prod-storage-s3",
      "activity-apply-prod-storage-dynamodb",
      "activity-apply-prod-workflow-lambda",
    ])
      expect(identity).toContain(`"name": "${role}"`);
    for (const [name, content] of contents(join(folder, "first")))
      if (name.startsWith("stacks/stage-"))
        expect(contents(join(folder, "prod")).get(name), name).toBe(content);
  });
});
