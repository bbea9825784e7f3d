import { chmodSync, cpSync, mkdtempSync, realpathSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { configurationDigest } from "../src/configuration-digest.ts";
import { parseStackMap, type Stack } from "../src/contracts/stack-map.ts";
import { TemporaryRepository } from "./temporary-repository.ts";

function stackOf(lines: string): Stack {
  const text = `
version: 1
project: demo
repository: acme/demo
state: { bucket: demo-state, region: eu-west-1 }
environments:
  stage: { account: "123456789012", region: eu-west-1 }
stacks:
  app:
    environment: stage
    paths: [app/**]
${lines.replaceAll(/^/gm, "    ")}
`;
  const stack = parseStackMap(text, "stacks.yml").stacks.get("app");
  if (stack === undefined) throw new Error("no stack");
  return stack;
}

const synthesized = stackOf("");
const assembly = {
  "cdktf.out/stacks/app/cdk.tf.json": "{}",
  "cdktf.out/stacks/app/assets/f/1/index.zip": "zip",
};

describe("configurationDigest of a synthesized stack", () => {
  it("changes with every file, name and asset, and with nothing that Terraform writes", async () => {
    using repository = new TemporaryRepository(realpathSync(mkdtempSync(join(tmpdir(), "assembly-"))));
    repository.write(assembly);
    const before = await configurationDigest(repository.folder, synthesized);
    expect(before).toMatch(/^sha256:[0-9a-f]{64}$/);
    repository.write({
      "cdktf.out/stacks/app/.terraform/providers/x": "1",
      "cdktf.out/stacks/app/terraform.tfstate": "1",
      "cdktf.out/stacks/app/plan.tfplan": "1",
      "cdktf.out/stacks/other/cdk.tf.json": "1",
    });
    expect(await configurationDigest(repository.folder, synthesized)).toBe(before);
    repository.write({ "cdktf.out/stacks/app/.terraform.lock.hcl": "lock" });
    const locked = await configurationDigest(repository.folder, synthesized);
    expect(locked).not.toBe(before);
    repository.write({ "cdktf.out/stacks/app/assets/f/1/index.zip": "zip2" });
    expect(await configurationDigest(repository.folder, synthesized)).not.toBe(locked);
  });

  it("is the same wherever the folder lies, and with or without the executable bit that artifacts lose", async () => {
    using repository = new TemporaryRepository(realpathSync(mkdtempSync(join(tmpdir(), "assembly-"))));
    repository.write(assembly);
    cpSync(join(repository.folder, "cdktf.out"), join(repository.folder, "elsewhere"), { recursive: true });
    chmodSync(join(repository.folder, "elsewhere/stacks/app/assets/f/1/index.zip"), 0o755);
    expect(
      await configurationDigest(join(repository.folder, "elsewhere"), {
        ...synthesized,
        folder: "stacks/app",
      }),
    ).toBe(await configurationDigest(repository.folder, synthesized));
  });

  it.each([
    ["env", "env: [TF_VAR_size]"],
    ["workspace", "workspace: blue"],
    ["state", "state: { key: other.tfstate }"],
    ["backend-config", "backend-config: [encrypt=true]"],
  ])("changes with the stack's %s", async (_, lines) => {
    using repository = new TemporaryRepository(realpathSync(mkdtempSync(join(tmpdir(), "assembly-"))));
    repository.write(assembly);
    expect(await configurationDigest(repository.folder, stackOf(lines))).not.toBe(
      await configurationDigest(repository.folder, synthesized),
    );
  });

  it("says what is missing", async () => {
    using repository = TemporaryRepository.create();
    await expect(configurationDigest(repository.folder, synthesized)).rejects.toThrow(
      "stack app: there is no folder cdktf.out/stacks/app in the workspace",
    );
  });
});

describe("configurationDigest of a plain folder", () => {
  const plain = stackOf("folder: app\nvar-files: [stage.tfvars]");
  const files = {
    "app/main.tf": 'module "m" { source = "../m" }',
    "app/stage.tfvars": "size = 1",
    "m/main.tf": "",
    "m/run.sh": "",
    "README.md": "",
  };

  it("is the same in two checkouts, before and after init, and whatever else changes", async () => {
    using repository = TemporaryRepository.create(files);
    using clone = new TemporaryRepository(realpathSync(mkdtempSync(join(tmpdir(), "clone-"))));
    const before = await configurationDigest(repository.folder, plain);
    repository.commit({ "README.md": "more", "other/main.tf": "" });
    clone.git("clone", "--quiet", repository.folder, ".");
    clone.write({
      "app/.terraform.lock.hcl": "made by init",
      "app/.terraform/x": "1",
      "detection.json": "{}",
    });
    expect(await configurationDigest(clone.folder, plain)).toBe(before);
  });

  it.each([
    ["a module's file", { "m/main.tf": "# other" }],
    ["a new file of a module", { "m/new.tf": "" }],
    ["a var-file", { "app/stage.tfvars": "size = 2" }],
    ["a provider lock", { "app/.terraform.lock.hcl": "lock" }],
  ])("changes with %s", async (_, change) => {
    using repository = TemporaryRepository.create(files);
    const before = await configurationDigest(repository.folder, plain);
    repository.commit(change);
    expect(await configurationDigest(repository.folder, plain)).not.toBe(before);
  });

  it("changes with the executable bit", async () => {
    using repository = TemporaryRepository.create(files);
    const before = await configurationDigest(repository.folder, plain);
    chmodSync(join(repository.folder, "m/run.sh"), 0o755);
    expect(await configurationDigest(repository.folder, plain)).not.toBe(before);
  });

  it("refuses a var-file that is not there, and a backend file outside the workspace", async () => {
    using repository = TemporaryRepository.create(files);
    rmSync(join(repository.folder, "app/stage.tfvars"));
    await expect(configurationDigest(repository.folder, plain)).rejects.toThrow(
      "its file app/stage.tfvars does not exist",
    );
    const outside = stackOf("folder: app\nbackend-config: [../../../../../../etc/hostname]");
    await expect(configurationDigest(repository.folder, outside)).rejects.toThrow("is outside the workspace");
  });
});
