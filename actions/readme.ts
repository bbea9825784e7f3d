// Writes the tables of inputs and outputs in every action's README from its action.yml.
//   node actions/readme.ts [--check]      --check: writes nothing, fails when a README is out of date
import { readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { parseArgs } from "node:util";
import { parse } from "yaml";
import { z } from "zod";
import { actionNames } from "./build.ts";

const root = dirname(import.meta.dirname);

export const actionFile = z.object({
  name: z.string(),
  description: z.string(),
  inputs: z
    .record(
      z.string(),
      z.object({
        description: z.string(),
        required: z.boolean().default(false),
        default: z.string().optional(),
      }),
    )
    .default({}),
  outputs: z.record(z.string(), z.object({ description: z.string() })).default({}),
  runs: z.object({ using: z.literal("node24"), main: z.string(), post: z.string().optional() }).loose(),
});

export function readAction(name: string): z.infer<typeof actionFile> {
  return actionFile.parse(parse(readFileSync(join(root, "actions", name, "action.yml"), "utf8")));
}

const cell = (text: string) => text.trim().replaceAll(/\s+/g, " ").replaceAll("|", "\\|");
const code = (text: string) => `\`${text}\``;

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.join(" | ")} |`;
  return [line(head), line(head.map(() => "---")), ...rows.map(line)].join("\n");
}

function tables(name: string): Map<string, string> {
  const { inputs, outputs } = readAction(name);
  const defaultOf = (input: { required: boolean; default?: string | undefined }) =>
    input.required
      ? "required"
      : input.default === undefined || input.default === ""
        ? ""
        : code(cell(input.default));
  return new Map([
    [
      "inputs",
      table(
        ["Input", "Default", "What it is"],
        Object.entries(inputs).map(([key, input]) => [code(key), defaultOf(input), cell(input.description)]),
      ),
    ],
    [
      "outputs",
      table(
        ["Output", "What it is"],
        Object.entries(outputs).map(([key, output]) => [code(key), cell(output.description)]),
      ),
    ],
  ]);
}

/** The README with its tables made anew; throws when a marker is missing. */
export function renderReadme(name: string, text: string): string {
  let result = text;
  for (const [part, content] of tables(name)) {
    const pattern = new RegExp(`<!-- ${part} -->[\\s\\S]*?(<!-- /${part} -->)`);
    if (!pattern.test(result))
      throw new Error(`actions/${name}/README.md lacks the markers <!-- ${part} --> and <!-- /${part} -->`);
    result = result.replace(pattern, () => `<!-- ${part} -->\n${content}\n<!-- /${part} -->`);
  }
  return result;
}

function main(): void {
  const { values } = parseArgs({ options: { check: { type: "boolean", default: false } } });
  for (const name of actionNames()) {
    const file = join(root, "actions", name, "README.md");
    const text = readFileSync(file, "utf8");
    const rendered = renderReadme(name, text);
    if (rendered === text) continue;
    if (values.check)
      throw new Error(`actions/${name}/README.md is not what action.yml says; run npm run readme`);
    writeFileSync(file, rendered);
    process.stdout.write(`wrote actions/${name}/README.md\n`);
  }
}

if (import.meta.main) {
  try {
    main();
  } catch (error) {
    process.stderr.write(`${(error as Error).message}\n`);
    process.exitCode = 1;
  }
}
