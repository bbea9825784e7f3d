import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Proof } from "./proof.ts";

const file = join(import.meta.dirname, "..", "..", "docs", "proofs.md");
const head = `# Proofs

What the toolkit claims, tried many times. \`npm run prove -- <name> --write\` repeats one and writes its figures here;
\`npm test\` runs a few trials of each.
`;

/** Puts the figures of a proof into docs/proofs.md, in place of its older ones. */
export function writeFindings(proof: Proof, figures: Readonly<Record<string, unknown>>): void {
  const text = existsSync(file) ? readFileSync(file, "utf8") : head;
  const sections = new Map(
    text
      .split(/^## /m)
      .slice(1)
      .map((section): [string, string] => [section.split("\n")[0] ?? "", `## ${section.trimEnd()}\n`]),
  );
  const rows = Object.entries(figures)
    .filter(([name]) => name !== "proof")
    .map(([name, value]) => `| ${name} | ${String(value)} |`);
  sections.set(
    proof.name,
    [
      `## ${proof.name}`,
      "",
      `${proof.summary}.`,
      "",
      `Aim: ${proof.aim}.`,
      "",
      "| Figure | Value |",
      "| --- | --- |",
      ...rows,
      "",
    ].join("\n"),
  );
  writeFileSync(
    file,
    [head, ...[...sections].sort(([a], [b]) => a.localeCompare(b)).map(([, section]) => section)].join("\n"),
  );
}
