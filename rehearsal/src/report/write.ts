import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { seconds } from "../progress.ts";
import type { Rehearsal } from "../rehearsal.ts";
import { collectReport } from "./collect.ts";
import type { Report } from "./facts.ts";
import { renderPage } from "./page.ts";

/** Writes report.html and report.json, and says in the terminal what happened. */
export async function writeReport(rehearsal: Rehearsal, failure?: string): Promise<Report> {
  const { options, progress } = rehearsal;
  const report = await collectReport(rehearsal, failure);
  await mkdir(options.out, { recursive: true });
  await writeFile(join(options.out, "report.json"), `${JSON.stringify(report, undefined, 2)}\n`);
  await writeFile(join(options.out, "report.html"), renderPage(report));
  progress.plain(`\n${summary(report)}\n\nReport: ${join(options.out, "report.html")}`);
  return report;
}

function summary({ steps, runs, states, data, checks, milliseconds }: Report): string {
  const row = (name: string, took: number): string => `  ${name.padEnd(58)}${seconds(took).padStart(9)}`;
  const lines = [
    ...steps.map(({ title, milliseconds: took }, index) => row(`${index + 1}. ${title}`, took)),
    row("altogether", milliseconds),
    "",
    `  ${runs.length} workflow runs, ${states.length} states, ${checks.filter(({ holds }) => holds).length} facts hold`,
  ];
  if (data !== undefined) {
    const objects = `${data.raw.length} raw and ${data.qualified.length} qualified objects`;
    lines.push(`  ${data.read.rows.toLocaleString("en")} events in ${objects}; ${data.input.origin}`);
  }
  return lines.join("\n");
}
