import { codeSpan, plainText } from "../../shared/src/markdown.ts";
import type { LockHolder } from "../../shared/src/ports/locks.ts";
import type { HoldingRuns } from "./holding-runs.ts";

/** What is kept of a release by hand. */
export interface Audit {
  /** Stack, or bucket and key. */
  readonly label: string;
  readonly holder: LockHolder;
  readonly released: readonly LockHolder["kind"][];
  readonly others: readonly LockHolder[];
  readonly holding: HoldingRuns;
  readonly forced: boolean;
  readonly reason: string | undefined;
  readonly actor: string;
  /** Run in which it was released. */
  readonly run: { readonly id: string; readonly url: string };
  readonly at: Date;
}

export function auditTitle(label: string): string {
  return `State lock of ${label} released by hand`;
}

const kindNames = { lockfile: "lock file", dynamodb: "DynamoDB item" } as const;

export function auditText(audit: Audit): string {
  const { holder, released, others, holding, run } = audit;
  const places = released.map((kind) => kindNames[kind]).join(" and ");
  const lines = [
    `${codeSpan(audit.actor)} released the state lock ${codeSpan(holder.id)} of ${codeSpan(audit.label)} (${places || "gone by itself"}), ${audit.at.toISOString()}, in [run ${run.id}](${run.url}).`,
    "",
    `- Held by ${codeSpan(holder.who)} since ${codeSpan(holder.created)}: ${codeSpan(holder.operation)}, Terraform ${codeSpan(holder.version)}`,
    ...holding.runs.map(
      ({ id, attempt, url, status, detail }) =>
        `- Run that may have held it: [${id}](${url}), attempt ${attempt}: ${status} (${plainText(detail)})`,
    ),
    ...(audit.forced
      ? [`- Forced${holding.doubt === undefined ? "" : `, although ${plainText(holding.doubt)}`}`]
      : []),
    ...(audit.reason === undefined ? [] : [`- Reason: ${plainText(audit.reason)}`]),
    ...others.map(
      ({ id, who }) => `- Another lock was there and was left alone: ${codeSpan(id)} of ${codeSpan(who)}`,
    ),
  ];
  return lines.join("\n");
}
