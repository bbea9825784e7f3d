import { symlinkSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { terraformClosure } from "../src/closure.ts";
import { TemporaryRepository } from "./temporary-repository.ts";

describe("terraformClosure", () => {
  it("follows local modules, the modules of modules, and files that the text names", async () => {
    using repository = TemporaryRepository.create({
      "live/app/main.tf": 'module "a" {\n  source = "../../modules/a"\n}\nlocals { p = file("policy.json") }',
      "live/app/policy.json": "{}",
      "live/app/.terraform.lock.hcl": "lock",
      "modules/a/main.tf": 'module "b" { source = "../b" }',
      "modules/b/main.tf": `locals { t = templatefile("\${path.module}/../../templates/x.tftpl", {}) }`,
      "modules/c/main.tf": "",
      "templates/x.tftpl": "x",
      "templates/y.tftpl": "y",
    });
    expect(await terraformClosure(repository.folder, "live/app")).toEqual({
      files: [
        "live/app/.terraform.lock.hcl",
        "live/app/main.tf",
        "live/app/policy.json",
        "modules/a/main.tf",
        "modules/b/main.tf",
        "templates/x.tftpl",
      ],
      roots: ["live/app", "modules/a", "modules/b", "templates/x.tftpl"],
      doubts: [],
    });
  });

  it("takes the whole folder where a part of the name is only known at run time", async () => {
    using repository = TemporaryRepository.create({
      "app/main.tf": `
        locals { a = [for n in var.n : file("\${path.module}/../policies/p-\${n}.json")] }
        data "archive_file" "f" { source_dir = "../src" }
        resource "x" "y" { for_each = fileset("../sql", "**/*.sql") }`,
      "policies/p-1.json": "1",
      "sql/deep/a.sql": "1",
      "src/index.js": "1",
    });
    const { roots, doubts } = await terraformClosure(repository.folder, "app");
    expect(roots).toEqual(["app", "policies", "sql", "src"]);
    expect(doubts).toEqual([]);
  });

  it("reads Terraform JSON, and what variables of the root name", async () => {
    using repository = TemporaryRepository.create({
      "app/main.tf.json": JSON.stringify({
        module: { m: { source: "./../m" } },
        locals: { x: '${file("${path.root}/../x.txt")}' },
      }),
      "app/terraform.tfvars": 'zip = "../build/a.zip"',
      "build/a.zip": "zip",
      "m/main.tf": "",
      "x.txt": "x",
    });
    expect((await terraformClosure(repository.folder, "app")).roots).toEqual([
      "app",
      "build/a.zip",
      "m",
      "x.txt",
    ]);
  });

  it("doubts what its text does not tell, but not what Terraform makes itself, nor comments", async () => {
    using repository = TemporaryRepository.create({
      "app/main.tf": `
        # file(var.commented)
        locals { a = filebase64sha256(data.archive_file.f.output_path) }
        locals { b = file(var.path) }
        locals { c = fileset(path.module, "*.json") }
        module "m" { source = "../../outside" }`,
    });
    expect((await terraformClosure(repository.folder, "app")).doubts).toEqual([
      "app/main.tf reads file(var.path…), a name that only a run tells",
      "it refers to ../outside, which is outside the workspace",
    ]);
  });

  it("leaves out what is not tracked, unless Terraform loads it or the text names it", async () => {
    using repository = TemporaryRepository.create({
      ".gitignore": "dist/\nnode_modules/\n",
      "app/main.tf": 'locals { z = filesha256("dist/f.zip") }',
    });
    repository.write({
      "app/.terraform/x": "1",
      "app/.terraform.lock.hcl": "written by init",
      "app/generated.auto.tfvars": "a = 1",
      "app/notes.txt": "1",
      "app/dist/f.zip": "zip",
      "app/dist/other.zip": "zip",
      "app/node_modules/x/index.js": "1",
      "app/terraform.tfstate": "{}",
      "app/terraform.tfstate.backup": "{}",
      "app/plan.tfplan": "",
    });
    expect((await terraformClosure(repository.folder, "app")).files).toEqual([
      "app/dist/f.zip",
      "app/generated.auto.tfvars",
      "app/main.tf",
    ]);
  });

  it("keeps a named file that is gone as a root, so that its removal counts", async () => {
    using repository = TemporaryRepository.create({
      "app/main.tf": 'locals { x = fileexists("../gone.txt") }',
    });
    expect((await terraformClosure(repository.folder, "app")).roots).toEqual(["app", "gone.txt"]);
  });

  it("follows links", async () => {
    using repository = TemporaryRepository.create({
      "app/main.tf": "",
      "common/versions.tf": "terraform {}",
    });
    symlinkSync("../common/versions.tf", join(repository.folder, "app/versions.tf"));
    repository.commit({});
    expect((await terraformClosure(repository.folder, "app")).files).toEqual([
      "app/main.tf",
      "app/versions.tf",
      "common/versions.tf",
    ]);
  });

  it("ends when modules name each other, and says when the folder is not there", async () => {
    using repository = TemporaryRepository.create({
      "a/main.tf": 'module "b" { source = "../b" }',
      "b/main.tf": 'module "a" { source = "../a" }',
    });
    expect((await terraformClosure(repository.folder, "a")).roots).toEqual(["a", "b"]);
    await expect(terraformClosure(repository.folder, "c")).rejects.toThrow(
      "there is no folder c in the workspace",
    );
  });
});
