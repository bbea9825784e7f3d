import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { ActionError } from "../src/action-error.ts";
import { parseStackMap, stateKey } from "../src/contracts/stack-map.ts";

const committed = readFileSync(join(import.meta.dirname, "..", "..", "..", ".github", "stacks.yml"), "utf8");

const head = `
version: 1
project: activity
repository: acme/data-platform
state: { bucket: acme-state, region: eu-west-1, table: locks }
environments:
  stage:
    account: "123456789012"
    region: eu-west-1
    plan-role: arn:aws:iam::123456789012:role/plan
    apply-role: arn:aws:iam::123456789012:role/apply-{stack}
stacks:
`;

const parse = (stacks: string) => parseStackMap(head + stacks, "stacks.yml");

function faultOf(text: string): string {
  try {
    parseStackMap(text, "stacks.yml");
  } catch (error) {
    if (error instanceof ActionError) return error.message;
    throw error;
  }
  throw new Error("the map was accepted");
}

describe("a stack map", () => {
  it("gives each stack of this repository its wave, folder, state and roles", () => {
    const map = parseStackMap(committed, ".github/stacks.yml");
    const glue = map.stacks.get("stage/workflow/glue");
    expect(glue).toMatchObject({
      wave: 3,
      folder: "cdktf.out/stacks/stage-workflow-glue",
      synthesized: true,
      providerLock: "required",
      applyRole: "arn:aws:iam::123456789012:role/activity-apply-stage-workflow-glue",
      backend: {
        bucket: map.store.bucket,
        key: "stage/workflow/glue/terraform.tfstate",
        workspace: "default",
      },
    });
    expect(map.stacks.get("global/deploy-identity")?.wave).toBe(1);
  });

  it("takes a plain Terraform folder with its own state, workspace and files", () => {
    const map = parse(`
  network:
    environment: stage
    folder: terraform/network/
    paths: [terraform/network/**]
    workspace: blue
    state: { bucket: other-state, key: net.tfstate }
    var-files: [stage.tfvars]
    backend-config: [bucket=other-state]
    env: [TF_VAR_token]
`);
    const network = map.stacks.get("network");
    expect(network).toMatchObject({
      folder: "terraform/network",
      synthesized: false,
      providerLock: "optional",
      varFiles: ["stage.tfvars"],
    });
    expect(network?.backend.table, "a state elsewhere does not use this map's lock table").toBeUndefined();
    expect(stateKey(network?.backend ?? expect.fail())).toBe("env:/blue/net.tfstate");
  });

  const stack = (more: string) => head + `  a:\n    environment: stage\n    paths: [a/**]\n${more}`;

  it.each([
    [
      "an unknown key of a stack",
      stack("    backned: x\n"),
      /stacks › a: unknown key "backned", did you mean "backend-config"\?|unknown key "backned"/,
    ],
    [
      "an unknown key at the top",
      `${stack("")}environment: {}\n`,
      /unknown key "environment", did you mean "environments"\?/,
    ],
    [
      "an unknown key of a state",
      stack("    state: { buket: x }\n"),
      /stacks › a › state: unknown key "buket", did you mean "bucket"\?/,
    ],
    [
      "an unknown environment",
      head + "  a: { environment: stag, paths: [a] }\n",
      /unknown environment "stag", did you mean "stage"\?/,
    ],
    ["an unknown dependency", stack("    after: [b]\n"), /stacks › a: `after` names the unknown stack "b"/],
    ["a stack after itself", stack("    after: [a]\n"), /circle of `after`: a → a/],
    [
      "a circle",
      `${stack("    after: [b]\n")}  b: { environment: stage, paths: [b], after: [a] }\n`,
      /a → b → a|b → a → b/,
    ],
    [
      "two stacks with one state",
      `${stack("")}  b: { environment: stage, paths: [b], state: { key: a/terraform.tfstate } }\n`,
      /a and b share one state: acme-state\/a\/terraform.tfstate/,
    ],
    [
      "two stacks with one dashed name",
      head + "  a/b: { environment: stage, paths: [x] }\n  a-b: { environment: stage, paths: [x] }\n",
      /same name once slashes become dashes/,
    ],
    [
      "a folder outside the workspace",
      stack("    folder: ../elsewhere\n"),
      /stacks › a › folder: "\.\.\/elsewhere" must be a path inside the workspace/,
    ],
    [
      "a folder that looks like an option",
      stack("    folder: -chdir=x\n"),
      /"-chdir=x" must be a path inside the workspace that does not start with "-"/,
    ],
    ["an absolute folder", stack("    folder: /etc\n"), /"\/etc" must be a path inside the workspace/],
    [
      "a malformed role",
      stack("    apply-role: arn:aws:sts::1:role/x\n"),
      /"arn:aws:sts::1:role\/x" is not the ARN of an IAM role/,
    ],
    [
      "a malformed region",
      head.replace("region: eu-west-1\n    plan", "region: EU-WEST-1\n    plan") +
        "  a: { environment: stage, paths: [a] }\n",
      /"EU-WEST-1" is not an AWS region/,
    ],
    [
      "an account that is a number",
      head.replace('"123456789012"', "123456789012") + "  a: { environment: stage, paths: [a] }\n",
      /account/,
    ],
    [
      "an id that keeps other objects",
      head + "  records/a: { environment: stage, paths: [a] }\n",
      /ids may not begin with "records\/"/,
    ],
    [
      "an id with odd characters",
      head + "  Stage_A!: { environment: stage, paths: [a] }\n",
      /the id must be a path of lower-case letters/,
    ],
    ["another version", head.replace("version: 1", "version: 2"), /version: must be 1/],
    [
      "a stack without filters",
      head + "  a: { environment: stage, paths: [] }\n",
      /must name at least one path filter/,
    ],
    ["broken YAML", `${head}  a: [\n`, /stacks\.yml: /],
    ["a key given twice", `${stack("")}  a: { environment: stage, paths: [a] }\n`, /unique/],
    ["nothing", "", /stacks\.yml: /],
  ])("refuses %s", (_name, text, message) => {
    expect(faultOf(text)).toMatch(message);
  });

  it("refuses more waves than there are jobs for", () => {
    const chain = ["a", "b", "c", "d", "e", "f"]
      .map(
        (id, index, all) =>
          `  ${id}: { environment: stage, paths: [x], after: [${index === 0 ? "" : all[index - 1]}] }`,
      )
      .join("\n");
    expect(faultOf(head + chain)).toMatch(/makes 6 waves; at most 5/);
  });

  it("names every fault at once", () => {
    expect(faultOf(`${head}  a: { environment: x, paths: [a], after: [zz] }\n`).split("\n")).toHaveLength(2);
  });
});
