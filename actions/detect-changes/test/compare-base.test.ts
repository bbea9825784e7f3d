import { mkdtempSync, realpathSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { TemporaryRepository } from "../../shared/test/temporary-repository.ts";
import { detect, ids, mapText, pullRequest, synthesize } from "./scene.ts";

const ignored = { ".gitignore": "cdktf.out/\nbase.out/\n" };
const synthesizedMap = mapText(`
stage/storage:
  environment: stage
  paths: [infra/storage/**, infra/modules/s3/**]
stage/lambda:
  environment: stage
  paths: [infra/lambda/**, "functions/**"]
  after: [stage/storage]
`);
const plainMap = mapText(`
app:
  environment: stage
  folder: live/app
  paths: [shared/**]
db:
  environment: stage
  folder: live/db
  paths: [nothing/**, "!live/db/**/*.md"]
`);
const plainFiles = {
  ".github/stacks.yml": plainMap,
  "live/app/main.tf": 'module "m" { source = "../../modules/m" }',
  "live/db/main.tf": "",
  "modules/m/main.tf": "",
  "shared/x": "",
};

/** A repository with a branch "topic" made by `change`, and its merge checked out. */
function changed(
  files: Readonly<Record<string, string>>,
  change: (repository: TemporaryRepository) => void,
): TemporaryRepository {
  const repository = TemporaryRepository.create({ ...ignored, ...files });
  repository.git("checkout", "--quiet", "-b", "topic");
  change(repository);
  repository.checkOutMerge("topic");
  return repository;
}

const synthesizedFiles = {
  ".github/stacks.yml": synthesizedMap,
  "infra/storage/raw.ts": "1",
  "infra/modules/s3/bucket.ts": "1",
  "infra/lambda/batch.ts": "1",
  "functions/batch.ts": "1",
};

describe("comparing with the base: synthesized stacks", () => {
  it("takes a stack whose filter matches and whose configuration differs", async () => {
    using repository = changed(synthesizedFiles, (it) =>
      it.commit({ "infra/storage/raw.ts": "2", "README.md": "2" }),
    );
    synthesize(repository, { "stage/storage": "2", "stage/lambda": "1" });
    synthesize(repository, { "stage/storage": "1", "stage/lambda": "1" }, "base.out");
    const { detection, outputs, warnings } = await detect(repository, pullRequest(repository, "topic"));
    expect(detection.affected).toEqual([
      { id: "stage/storage", environment: "stage", wave: 1, reason: "infra/storage/raw.ts changed" },
    ]);
    expect(detection).toMatchObject({
      event: "pull_request",
      pullRequest: 7,
      commit: repository.git("rev-parse", "HEAD"),
      head: repository.git("rev-parse", "topic"),
      base: repository.git("rev-parse", "main"),
      unchanged: [],
    });
    expect(outputs).toMatchObject({
      affected: '["stage/storage"]',
      count: "1",
      trusted: "true",
      "wave-2": "[]",
    });
    expect(warnings).toEqual([]);
  });

  it("does not plan what matches without a difference, and says so", async () => {
    using repository = changed(synthesizedFiles, (it) =>
      it.commit({ "infra/storage/raw.ts": "// a comment" }),
    );
    synthesize(repository, { "stage/storage": "1", "stage/lambda": "1" });
    synthesize(repository, { "stage/storage": "1", "stage/lambda": "1" }, "base.out");
    const { detection } = await detect(repository, pullRequest(repository, "topic"));
    expect(detection.affected).toEqual([]);
    expect(detection.unchanged).toMatchObject([
      { id: "stage/storage", reason: "infra/storage/raw.ts changed, its configuration did not" },
    ]);
  });

  it("plans what differs without a match, and names the hole in the map", async () => {
    using repository = changed(synthesizedFiles, (it) =>
      it.commit({ "infra/naming/names.ts": "2", "infra/lambda/batch.ts": "2" }),
    );
    synthesize(repository, { "stage/storage": "2", "stage/lambda": "2" });
    synthesize(repository, { "stage/storage": "1", "stage/lambda": "1" }, "base.out");
    const { detection, warnings } = await detect(repository, pullRequest(repository, "topic"));
    expect(ids(detection.affected)).toEqual(["stage/storage", "stage/lambda"]);
    expect(warnings).toEqual([
      "Stack stage/storage differs though none of its path filters matches what changed (infra/naming/names.ts). It is planned all the same; close the hole in .github/stacks.yml with a filter such as infra/naming/**.",
    ]);
  });

  it("takes every synthesized stack when the base was not synthesized", async () => {
    using repository = changed(synthesizedFiles, (it) => it.commit({ "infra/lambda/batch.ts": "2" }));
    synthesize(repository, { "stage/storage": "1", "stage/lambda": "2" });
    const { detection, warnings } = await detect(repository, pullRequest(repository, "topic"));
    expect(detection.affected.map(({ id, reason }) => [id, reason])).toEqual([
      ["stage/storage", "no synthesis of the base to compare with"],
      ["stage/lambda", "infra/lambda/batch.ts changed"],
    ]);
    expect(warnings).toEqual([
      "There is no synthesis of the base to compare with, so every synthesized stack counts as affected.",
    ]);
  });

  it("takes a stack that the base's synthesis lacks, and fails when the head's lacks one", async () => {
    using repository = changed(synthesizedFiles, (it) => it.commit({ "infra/lambda/batch.ts": "2" }));
    synthesize(repository, { "stage/storage": "1", "stage/lambda": "1" });
    synthesize(repository, { "stage/storage": "1" }, "base.out");
    const { detection } = await detect(repository, pullRequest(repository, "topic"));
    expect(ids(detection.affected)).toEqual(["stage/lambda"]);
    repository.git("clean", "-fdxq", "cdktf.out/stacks/stage-lambda");
    synthesize(repository, { "stage/lambda": "1" }, "base.out");
    await expect(detect(repository, pullRequest(repository, "topic"))).rejects.toThrow(
      "stack stage/lambda: there is no folder",
    );
  });

  it("takes a stack that moved in the map, new ones, and lists those that are gone", async () => {
    using repository = changed(synthesizedFiles, (it) =>
      it.commit({
        ".github/stacks.yml": mapText(`
stage/storage: { environment: global, paths: [infra/storage/**] }
stage/glue: { environment: stage, paths: [glue/**] }
`),
        "glue/job.py": "",
      }),
    );
    synthesize(repository, { "stage/storage": "1", "stage/glue": "1" });
    synthesize(repository, { "stage/storage": "1", "stage/lambda": "1" }, "base.out");
    const { detection, warnings } = await detect(repository, pullRequest(repository, "topic"));
    expect(detection.affected.map(({ id, reason }) => [id, reason])).toEqual([
      ["stage/storage", "its environment, roles changed in the stack map"],
      ["stage/glue", "new in the stack map"],
    ]);
    expect(detection.removed).toEqual([
      {
        id: "stage/lambda",
        environment: "stage",
        state: { bucket: "demo-state", key: "stage/lambda/terraform.tfstate", region: "eu-west-1" },
        region: "eu-west-1",
        planRole: "arn:aws:iam::123456789012:role/demo-plan-stage",
      },
    ]);
    expect(warnings.join()).toContain("Stack stage/lambda is no longer in the stack map");
  });

  it("takes nothing for a change of filters alone", async () => {
    using repository = changed(synthesizedFiles, (it) =>
      it.commit({ ".github/stacks.yml": synthesizedMap.replace("infra/modules/s3/**", "infra/modules/**") }),
    );
    synthesize(repository, { "stage/storage": "1", "stage/lambda": "1" });
    synthesize(repository, { "stage/storage": "1", "stage/lambda": "1" }, "base.out");
    const { detection } = await detect(repository, pullRequest(repository, "topic"));
    expect(detection.affected).toEqual([]);
  });

  it.each([
    ["broken", "version: 1\nstacks: ["],
    ["of another version", "version: 2"],
    ["missing", undefined],
  ])("takes every stack when the base's map is %s", async (_, text) => {
    const { ".github/stacks.yml": map, ...rest } = synthesizedFiles;
    using repository = changed(text === undefined ? rest : { ...rest, ".github/stacks.yml": text }, (it) =>
      it.commit({ ".github/stacks.yml": map }),
    );
    synthesize(repository, { "stage/storage": "1", "stage/lambda": "1" });
    synthesize(repository, { "stage/storage": "1", "stage/lambda": "1" }, "base.out");
    const { detection } = await detect(repository, pullRequest(repository, "topic"));
    expect(ids(detection.affected)).toEqual(["stage/storage", "stage/lambda"]);
    expect(detection.affected[0]?.reason).toBe("the base has no stack map that can be read");
  });
});

describe("comparing with the base: plain folders", () => {
  const affectedBy = async (
    change: (repository: TemporaryRepository) => void,
    files: Record<string, string> = plainFiles,
  ) => {
    using repository = changed(files, change);
    const { detection } = await detect(repository, pullRequest(repository, "topic"));
    return Object.fromEntries(detection.affected.map(({ id, reason }) => [id, reason]));
  };

  it("takes a folder for its own files, its filters, and the modules it uses", async () => {
    expect(await affectedBy((it) => it.commit({ "live/db/new.tf": "" }))).toEqual({
      db: "live/db/new.tf changed",
    });
    expect(await affectedBy((it) => it.commit({ "shared/x": "2" }))).toEqual({ app: "shared/x changed" });
    expect(await affectedBy((it) => it.commit({ "modules/m/main.tf": "# 2" }))).toEqual({
      app: "it reads modules/m/main.tf, which changed",
    });
    expect(await affectedBy((it) => it.commit({ "docs/x.md": "2" }))).toEqual({});
  });

  it("takes both stacks when a file moves from one to the other", async () => {
    const files = { ...plainFiles, "live/app/bucket.tf": "# a bucket\n".repeat(20) };
    expect(
      Object.keys(
        await affectedBy((it) => {
          it.git("mv", "live/app/bucket.tf", "live/db/bucket.tf");
          it.commit({});
        }, files),
      ),
    ).toEqual(["app", "db"]);
  });

  it("lets a stack's own filters take files of its folder back", async () => {
    expect(
      await affectedBy((it) => it.commit({ "live/db/docs/README.md": "2", "live/app/README.md": "2" })),
    ).toEqual({
      app: "live/app/README.md changed",
    });
  });

  it("takes a folder for a module's file that was deleted", async () => {
    const files = { ...plainFiles, "modules/m/old.tf": "# old" };
    expect(
      Object.keys(
        await affectedBy((it) => {
          it.git("rm", "--quiet", "modules/m/old.tf");
          it.commit({});
        }, files),
      ),
    ).toEqual(["app"]);
  });

  it("takes a folder on any change when what it reads cannot be told", async () => {
    const files = { ...plainFiles, "live/db/main.tf": "locals { x = file(var.path) }" };
    expect(Object.keys(await affectedBy((it) => it.commit({ "docs/x.md": "2" }), files))).toEqual(["db"]);
  });

  it("names a folder that was deleted while the map still lists it", async () => {
    using repository = changed(plainFiles, (it) => {
      it.git("rm", "--quiet", "-r", "live/db");
      it.commit({ "live/app/main.tf": "" });
    });
    const { detection } = await detect(repository, pullRequest(repository, "topic"));
    expect(detection.affected.map(({ id, reason }) => [id, reason])).toContainEqual([
      "db",
      "live/db/main.tf changed",
    ]);
  });

  it("sees the stack behind the 3,001st file", async () => {
    const many = Object.fromEntries(Array.from({ length: 3001 }, (_, index) => [`docs/${index}.md`, "x"]));
    expect(Object.keys(await affectedBy((it) => it.commit({ ...many, "live/app/z.tf": "" })))).toEqual([
      "app",
    ]);
  });

  it("counts only what merging brings in, not what main got meanwhile", async () => {
    using repository = TemporaryRepository.create({ ...ignored, ...plainFiles });
    repository.git("checkout", "--quiet", "-b", "topic");
    repository.commit({ "live/app/x.tf": "" });
    repository.git("checkout", "--quiet", "main");
    repository.commit({ "live/db/x.tf": "" });
    repository.checkOutMerge("topic");
    const { detection } = await detect(repository, pullRequest(repository, "topic"));
    expect(ids(detection.affected)).toEqual(["app"]);
  });

  it("takes the union of a merge queue's group", async () => {
    using repository = TemporaryRepository.create({ ...ignored, ...plainFiles });
    const baseSha = repository.git("rev-parse", "HEAD");
    for (const [branch, file] of [
      ["one", "live/app/x.tf"],
      ["two", "live/db/x.tf"],
    ] as const) {
      repository.git("checkout", "--quiet", "-b", branch, baseSha);
      repository.commit({ [file]: "" });
    }
    repository.git("checkout", "--quiet", "--detach", baseSha);
    repository.git("merge", "--quiet", "--no-ff", "--message", "one", "one");
    repository.git("merge", "--quiet", "--no-ff", "--message", "two", "two");
    const { detection } = await detect(repository, { name: "merge_group", baseSha });
    expect(ids(detection.affected)).toEqual(["app", "db"]);
  });

  it("warns of filters that match no file", async () => {
    using repository = changed(plainFiles, (it) => it.commit({ "docs/x.md": "2" }));
    const { warnings } = await detect(repository, pullRequest(repository, "topic"));
    expect(warnings).toEqual([
      "Path filters in .github/stacks.yml that match no file: nothing/** (db). A stack is not planned for files that its filters do not name.",
    ]);
  });
});

describe("the checkout", () => {
  it("takes every stack when the history is shallow, and says how to deepen it", async () => {
    using origin = changed(plainFiles, (it) => it.commit({ "docs/x.md": "2" }));
    using clone = new TemporaryRepository(realpathSync(mkdtempSync(join(tmpdir(), "clone-"))));
    origin.git("branch", "merged", "HEAD");
    clone.git("clone", "--quiet", "--depth=1", "--branch=merged", `file://${origin.folder}`, ".");
    const { detection, warnings } = await detect(clone, pullRequest(origin, "topic"));
    expect(ids(detection.affected)).toEqual(["app", "db"]);
    expect(detection.base).toBeUndefined();
    expect(warnings.join()).toContain("fetch-depth: 0");
  });

  it("is enough with two commits of history", async () => {
    using origin = changed(plainFiles, (it) => it.commit({ "live/app/x.tf": "2" }));
    using clone = new TemporaryRepository(realpathSync(mkdtempSync(join(tmpdir(), "clone-"))));
    origin.git("branch", "merged", "HEAD");
    clone.git("clone", "--quiet", "--depth=2", "--branch=merged", `file://${origin.folder}`, ".");
    expect(ids((await detect(clone, pullRequest(origin, "topic"))).detection.affected)).toEqual(["app"]);
  });

  it("refuses to speak for another push", async () => {
    using repository = changed(plainFiles, (it) => it.commit({ "live/app/x.tf": "" }));
    const event = { ...pullRequest(repository, "topic"), headSha: "a".repeat(40) };
    await expect(detect(repository, event)).rejects.toThrow("a newer push exists");
    repository.git("checkout", "--quiet", "main");
    await expect(detect(repository, event)).rejects.toThrow(
      "is neither the merge commit of pull request 7 nor its head",
    );
  });

  it("may be the head itself instead of the merge", async () => {
    using repository = changed(plainFiles, (it) => it.commit({ "live/app/x.tf": "" }));
    repository.git("checkout", "--quiet", "topic");
    expect(ids((await detect(repository, pullRequest(repository, "topic"))).detection.affected)).toEqual([
      "app",
    ]);
  });

  it("takes every stack when two histories share nothing", async () => {
    using repository = TemporaryRepository.create({ ...ignored, ...plainFiles });
    const before = repository.git("rev-parse", "HEAD");
    repository.git("checkout", "--quiet", "--orphan", "other");
    repository.commit({});
    const { detection } = await detect(repository, { name: "push", before }, { inputs: { compare: "base" } });
    expect(detection.affected.map(({ reason }) => reason)).toEqual(
      Array(2).fill("the base and the head have no merge base. Every stack counts as affected"),
    );
  });
});

describe("a pull request without trust", () => {
  it("gets no jobs and a word why, and the detection holds nothing to a result", async () => {
    using repository = changed(plainFiles, (it) => it.commit({ "live/app/x.tf": "" }));
    const { detection, outputs, summary } = await detect(
      repository,
      pullRequest(repository, "topic", "It is a fork's."),
    );
    expect(outputs).toMatchObject({
      matrix: "[]",
      "wave-1": "[]",
      count: "1",
      affected: '["app"]',
      trusted: "false",
      "untrusted-reason": "It is a fork's.",
    });
    expect(detection).toMatchObject({ affected: [], untrusted: "It is a fork's." });
    expect(summary).toContain("Nothing is planned");
    expect(summary).toContain("`app`");
  });
});
