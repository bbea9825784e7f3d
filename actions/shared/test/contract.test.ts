import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { actionNames } from "../../build.ts";
import { readAction, renderReadme } from "../../readme.ts";

const actions = join(import.meta.dirname, "..", "..");

describe.each(actionNames())("%s", (name) => {
  const action = readAction(name);

  it("parses exactly the inputs that action.yml declares", async () => {
    const { Inputs } = (await import(join(actions, name, "src", "inputs.ts"))) as {
      Inputs: { shape: object };
    };
    expect(Object.keys(Inputs.shape).sort()).toEqual(Object.keys(action.inputs).sort());
  });

  it("accepts the defaults that action.yml gives, for every input that is not required", async () => {
    const { Inputs } = (await import(join(actions, name, "src", "inputs.ts"))) as {
      Inputs: { shape: Record<string, { safeParse(value: string): { success: boolean } }> };
    };
    for (const [key, input] of Object.entries(action.inputs)) {
      if (input.required) continue;
      const given = input.default?.startsWith("${{") === true ? "given-by-the-runner" : (input.default ?? "");
      expect(Inputs.shape[key]?.safeParse(given).success, `${key} = ${JSON.stringify(given)}`).toBe(true);
    }
  });

  it("names exactly the outputs that action.yml declares", async () => {
    const { outputNames } = (await import(join(actions, name, "src", "run.ts"))) as {
      outputNames: readonly string[];
    };
    expect([...outputNames].sort()).toEqual(Object.keys(action.outputs).sort());
  });

  it("has a README whose tables are what action.yml says", () => {
    const text = readFileSync(join(actions, name, "README.md"), "utf8");
    expect(text).toBe(renderReadme(name, text));
  });
});
