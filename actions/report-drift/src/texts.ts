import type { DetectedStack } from "../../shared/src/contracts/detection.ts";
import type { StackResult } from "../../shared/src/contracts/stack-result.ts";
import { countsText } from "../../shared/src/job-report.ts";
import { clip, codeCell, codeSpan, fencedBlock, plainText } from "../../shared/src/markdown.ts";

/** GitHub takes 65,536 characters; the rest is room for what stands around the diff. */
const diffLimit = 50_000;
const mostRows = 200;

export interface IssueText {
  readonly title: string;
  readonly body: string;
}

export interface Origin {
  readonly commit: string;
  readonly runUrl: string;
}

export function driftText(result: StackResult, { commit, runUrl }: Origin): IssueText {
  return {
    title: `${result.stack} has drifted`,
    body: [
      `The real resources of ${codeSpan(result.stack)} are not what ${commit.slice(0, 7)}, which is deployed, says: ${countsText(result.counts)}.`,
      "Somebody or something has changed them past Terraform. An apply would do this:",
      fencedBlock(diffLines(result), "diff"),
      "To set them back, run **operate** with `apply` on this stack and approve exactly this plan. To keep what they are now, bring the configuration in line by a pull request.",
      footnote(
        runUrl,
        "This issue is kept up to date by the drift workflow, and closed when the stack is clean again.",
      ),
    ].join("\n\n"),
  };
}

function diffLines(result: StackResult): string[] {
  const lines: string[] = [];
  let length = 0;
  for (const { address, action, diff } of result.changes)
    for (const line of [`# ${address}: ${action}`, ...diff]) {
      const kept = clip(line, 400);
      length += kept.length + 1;
      if (length > diffLimit) return [...lines, "… and more; the run's summary shows it"];
      lines.push(kept);
    }
  return lines;
}

export function undeployedText(stacks: readonly DetectedStack[], { commit, runUrl }: Origin): IssueText {
  const rows = stacks
    .slice(0, mostRows)
    .map(({ id, reason }) => `| ${codeCell(id)} | ${plainText(clip(reason, 300))} |`);
  const rest = stacks.length > mostRows ? [`… and ${stacks.length - mostRows} more.`] : [];
  return {
    title: "Merged, and not deployed",
    body: [
      `Main is at ${commit.slice(0, 7)}, and these stacks are not deployed as it says:`,
      ["| Stack | Why |", "| --- | --- |", ...rows].join("\n"),
      ...rest,
      "Their deploy may be under way or waiting. Otherwise it was refused, failed or was cancelled, or no run was started, as when a workflow's own token merged: re-run **deploy** of main's newest commit, or run **operate** on the stack.",
      footnote(
        runUrl,
        "This issue is kept up to date by the drift workflow, and closed when all is deployed.",
      ),
    ].join("\n\n"),
  };
}

function footnote(runUrl: string, text: string): string {
  return `<sub>${text} [Last run](${runUrl})</sub>`;
}
