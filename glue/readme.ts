// Writes the list of tables and quality rules in this folder's README from the files that the jobs read.
//   node glue/readme.ts [--check]      --check: writes nothing, fails when the README is out of date
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { dqdlRule, type LakeTable, lakeTables } from "./tables.ts";

const file = join(import.meta.dirname, "README.md");
const marked = /<!-- tables -->[\s\S]*?<!-- \/tables -->/;

function section({ name, layer, folder, description, partition, columns, like, rules }: LakeTable): string {
  const place = folder === "" || folder === name ? layer : `${layer}, \`${folder}/\``;
  const lines = [
    `### \`${name}\``,
    "",
    `${description}. In: ${place}; partitioned by ${list(partition)}.`,
    "",
  ];
  if (like !== undefined) lines.push(`The columns of \`${like}\`.`, "");
  else lines.push("| column | type | what it is |", "|---|---|---|", ...columns.map(row), "");
  if (rules.length > 0) {
    lines.push("Quality, for each event date:", "");
    lines.push(...rules.map((rule) => `- ${rule.severity}: \`${dqdlRule(rule)}\``), "");
  }
  return lines.join("\n");
}

function row({ name, type, description }: LakeTable["columns"][number]): string {
  return `| \`${name}\` | ${type} | ${description.replaceAll("|", "\\|")} |`;
}

function list(names: readonly string[]): string {
  return names.map((name) => `\`${name}\``).join(", ");
}

/** The README with its tables made anew; throws when the markers are missing. */
export function renderReadme(text: string): string {
  if (!marked.test(text))
    throw new Error("glue/README.md lacks the markers <!-- tables --> and <!-- /tables -->");
  const content = lakeTables().map(section).join("\n");
  return text.replace(marked, () => `<!-- tables -->\n${content}<!-- /tables -->`);
}

if (import.meta.main) {
  const { values } = parseArgs({ options: { check: { type: "boolean", default: false } } });
  const text = readFileSync(file, "utf8");
  const rendered = renderReadme(text);
  if (rendered !== text && values.check)
    throw new Error("glue/README.md is not what tables.json and quality.json say; run npm run readme");
  if (rendered !== text) {
    writeFileSync(file, rendered);
    process.stdout.write("wrote glue/README.md\n");
  }
}
