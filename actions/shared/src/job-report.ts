import type { StackResult } from "./contracts/stack-result.ts";
import { wordLabel } from "./guards.ts";
import { clip, codeSpan, fencedBlock, htmlText, plainText } from "./markdown.ts";

/** What plan and apply leave in the job's summary. GitHub drops a summary of more than 1 MiB whole. */
const summaryLimit = 900_000;
const diffLimit = 60_000;

export function jobReport(results: readonly StackResult[]): string {
  const rows = results.map(
    (result) => `| ${codeSpan(result.stack)} | ${result.status} | ${countsText(result.counts)} |`,
  );
  const table = ["| stack | status | changes |", "| --- | --- | --- |", ...rows].join("\n");
  let text = `${table}\n`;
  for (const result of results) {
    const section = resultSection(result);
    if (text.length + section.length > summaryLimit) return `${text}\nThe rest is too long for this page.\n`;
    text += section;
  }
  return text;
}

/** Such as "2 to create, 1 to replace". */
export function countsText(counts: StackResult["counts"]): string {
  const parts = Object.entries(counts).filter(([, count]) => count > 0);
  return parts.length === 0 ? "none" : parts.map(([action, count]) => `${count} to ${action}`).join(", ");
}

function resultSection(result: StackResult): string {
  const parts: string[] = [];
  if (result.error !== undefined)
    parts.push(`${plainText(result.error.message)} ${plainText(result.error.hint ?? "")}`);
  for (const { message } of result.guards ?? [])
    parts.push(`Needs a person's word (label \`${wordLabel}\`): ${plainText(message)}`);
  if (result.differences.length > 0) parts.push(fencedBlock(result.differences));
  if (result.changes.length > 0) parts.push(fencedBlock(diffLines(result), "diff"));
  if (parts.length === 0) return "";
  return `\n<details><summary>${htmlText(result.stack)}</summary>\n\n${parts.join("\n\n")}\n\n</details>\n`;
}

function diffLines(result: StackResult): string[] {
  const lines: string[] = [];
  let length = 0;
  for (const change of result.changes) {
    for (const line of [`# ${change.address}: ${change.action}`, ...change.diff]) {
      length += line.length;
      if (length > diffLimit) return [...lines, "… and more"];
      lines.push(clip(line, 2_000));
    }
  }
  return lines;
}
