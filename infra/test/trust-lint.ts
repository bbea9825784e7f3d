import type { TrustStatement } from "./simulate.ts";

const issuer = "token.actions.githubusercontent.com";
const queue = ":ref:refs/heads/gh-readonly-queue/main/*";

/** What is wrong with a statement that trusts GitHub's tokens; `write` demands what only main can give. */
export function trustFaults(statement: TrustStatement, repository: string, write: boolean): string[] {
  const equals = statement.Condition?.["StringEquals"] ?? {};
  const like = statement.Condition?.["StringLike"] ?? {};
  const known = Object.keys(statement.Condition ?? {}).filter(
    (operator) => operator !== "StringEquals" && operator !== "StringLike",
  );
  const subjects = [equals[`${issuer}:sub`] ?? [], like[`${issuer}:sub`] ?? []].flat();
  const faults = known.map((operator) => `operator ${operator}`);
  if (statement.Action !== "sts:AssumeRoleWithWebIdentity") faults.push("action");
  if (equals[`${issuer}:aud`] !== "sts.amazonaws.com") faults.push("aud");
  if (subjects.length === 0) faults.push("sub is missing");
  for (const subject of subjects) {
    if (!subject.startsWith(`repo:${repository}:`)) faults.push(`another repository: ${subject}`);
    const wild = /[*?]/.test(subject);
    if (wild && (write || subject !== `repo:${repository}${queue}`)) faults.push(`wildcard: ${subject}`);
    if (write && !subject.startsWith(`repo:${repository}:environment:`))
      faults.push(`no environment: ${subject}`);
  }
  if (write) faults.push(...workflowFaults([equals[`${issuer}:job_workflow_ref`] ?? []].flat()));
  return faults;
}

function workflowFaults(workflows: readonly string[]): string[] {
  if (workflows.length === 0) return ["no job_workflow_ref"];
  return workflows
    .filter((ref) => !ref.endsWith("@refs/heads/main") || /[*?]/.test(ref))
    .map((ref) => `workflow ${ref}`);
}
