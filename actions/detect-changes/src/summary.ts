import type { Detection } from "../../shared/src/contracts/detection.ts";
import { clip, codeCell, codeSpan, plainText } from "../../shared/src/markdown.ts";
import type { SelectedStack, Selection } from "./selection.ts";

const mostRows = 1000;
const longestReason = 300;

/** The job's summary: which stacks, in which wave, and why. */
export function summaryOf(
  { affected, unchanged, removed, warnings }: Selection,
  { untrusted }: Detection,
): string {
  const title =
    affected.length === 0
      ? "No stack is affected"
      : `${affected.length} ${affected.length === 1 ? "stack is" : "stacks are"} affected`;
  const parts = [`### ${title}`];
  if (untrusted !== undefined) parts.push(`> [!IMPORTANT]\n> Nothing is planned: ${plainText(untrusted)}`);
  if (affected.length > 0) parts.push(table(affected));
  if (unchanged.length > 0)
    parts.push(
      `<details><summary>${unchanged.length} not planned: the configuration is the same</summary>\n\n${table(unchanged)}\n</details>`,
    );
  if (removed.length > 0)
    parts.push(
      `No longer in the stack map: ${removed
        .slice(0, 50)
        .map(({ id }) => codeSpan(id))
        .join(", ")}`,
    );
  for (const warning of warnings.slice(0, 20))
    parts.push(`> [!WARNING]\n> ${plainText(clip(warning, 2000))}`);
  return `${parts.join("\n\n")}\n`;
}

function table(stacks: readonly SelectedStack[]): string {
  const rows = stacks
    .toSorted((left, right) => left.stack.wave - right.stack.wave)
    .slice(0, mostRows)
    .map(
      ({ stack, reason }) =>
        `| ${codeCell(stack.id)} | ${stack.wave} | ${stack.environment.name} | ${plainText(clip(reason, longestReason))} |`,
    );
  const rest =
    stacks.length > mostRows ? [`\n… and ${stacks.length - mostRows} more; the outputs name them all.`] : [];
  return ["| Stack | Wave | Environment | Why |", "|---|--:|---|---|", ...rows, ...rest].join("\n");
}
