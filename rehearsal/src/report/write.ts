import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { seconds } from "../progress.ts";
import type { Rehearsal } from "../rehearsal.ts";
import { collectReport } from "./collect.ts";
import type { Report } from "./facts.ts";
import { renderPage } from "./page.ts";

/** Writes report.html and report.json, and says in the terminal what happened. */
export async function writeReport(rehearsal: Rehearsal, failure?: string): Promise<void> {
  await writePage(rehearsal, "report", await collectReport(rehearsal, failure));
}

/** Writes a page and its facts, `<name>.html` and `<name>.json`. */
export async function writePage(
  { options, progress }: Pick<Rehearsal, "options" | "progress">,
  name: string,
  report: Report,
): Promise<void> {
  await mkdir(options.out, { recursive: true });
  await writeFile(join(options.out, `${name}.json`), `${JSON.stringify(report, undefined, 2)}\n`);
  await writeFile(join(options.out, `${name}.html`), renderPage(report));
  progress.plain(`\n${summary(report)}\n\nReport: ${join(options.out, `${name}.html`)}`);
}

function summary({ steps, runs, states, data, checks, milliseconds }: Report): string {
  const row = (name: string, took: number): string => `  ${name.padEnd(58)}${seconds(took).padStart(9)}`;
  const lines = [
    ...steps.map(({ title, milliseconds: took }, index) => row(`${index + 1}. ${title}`, took)),
    row("altogether", milliseconds),
    "",
    `  ${counted(runs.length, "workflow runs, ")}${counted(states.length, "states, ")}${checks.filter(({ holds }) => holds).length} facts hold`,
  ];
  if (data !== undefined) {
    const objects = `${data.raw.length} raw and ${data.qualified.length} qualified objects`;
    lines.push(`  ${data.read.rows.toLocaleString("en")} events in ${objects}; ${data.input.origin}`);
  }
  return lines.join("\n");
}

function counted(number: number, what: string): string {
  return number === 0 ? "" : `${number} ${what}`;
}
