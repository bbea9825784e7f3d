import { FailedWithOutputs } from "../../shared/src/action.ts";
import type { Detection } from "../../shared/src/contracts/detection.ts";
import { codeSpan } from "../../shared/src/markdown.ts";
import type { TrackedIssue, TrackedIssues } from "../../shared/src/ports/tracked-issues.ts";
import { isViewer } from "../../shared/src/viewer.ts";
import { type Findings, findingsOf } from "./findings.ts";
import type { Inputs } from "./inputs.ts";
import { driftText, type IssueText, type Origin, undeployedText } from "./texts.ts";

export interface Deps {
  readonly runUrl: string;
  readonly readDetection: (path: string) => Promise<Detection>;
  /** Texts of every file below the folder. */
  readonly readResults: (folder: string) => Promise<readonly string[]>;
  readonly openIssues: () => Promise<TrackedIssues>;
  readonly summary: (markdown: string) => Promise<void>;
  readonly log: (line: string) => void;
  readonly warn: (line: string) => void;
}

export const outputNames = ["drifted", "undeployed"] as const;

/** Each takes three seconds, for GitHub's sake; where everything drifts, a person needs no hundred of them. */
const mostNewIssues = 20;

/**
 * Keeps the issues in line with what was found: one for each stack that has drifted, one for all that is not
 * deployed; those that are settled are closed. Fails when a stack could not be looked at; never because of drift.
 */
export async function run(inputs: Inputs, deps: Deps): Promise<Record<(typeof outputNames)[number], string>> {
  const detection = await deps.readDetection(inputs.detection);
  const undeployed = await deps.readDetection(inputs.undeployed);
  const findings = findingsOf(detection, undeployed, await deps.readResults(inputs.results));
  await deps.summary(summaryOf(findings));
  await keepIssues(wantedIssues(findings, { commit: detection.commit, runUrl: deps.runUrl }), {
    key: inputs.key,
    settled: new Set(findings.clean),
    known: new Set(detection.affected.map(({ id }) => id)),
    deps,
  });
  const outputs = {
    drifted: findings.drifted.map(({ stack }) => stack).join(" "),
    undeployed: findings.undeployed.map(({ id }) => id).join(" "),
  };
  if (findings.unchecked.length === 0) return outputs;
  const lines = findings.unchecked
    .slice(0, 20)
    .map(({ stack, why }) => `${stack}: ${why.split("\n")[0] ?? ""}`);
  throw new FailedWithOutputs(
    `${findings.unchecked.length} stacks could not be checked for drift\n${lines.join("\n")}`,
    outputs,
    { hint: "Their issues were left as they are. Look at the jobs that plan them." },
  );
}

/** What an issue is about: a stack's id, or what no id can be. */
const undeployedSubject = "(undeployed)";

function wantedIssues(findings: Findings, origin: Origin): ReadonlyMap<string, IssueText> {
  return new Map([
    ...(findings.undeployed.length === 0
      ? []
      : [[undeployedSubject, undeployedText(findings.undeployed, origin)] as const]),
    ...findings.drifted.map((result) => [result.stack, driftText(result, origin)] as const),
  ]);
}

interface Keeping {
  readonly key: string;
  /** Stacks found clean. */
  readonly settled: ReadonlySet<string>;
  /** Stacks of the map. */
  readonly known: ReadonlySet<string>;
  readonly deps: Deps;
}

async function keepIssues(wanted: ReadonlyMap<string, IssueText>, keeping: Keeping): Promise<void> {
  const { key, deps } = keeping;
  const issues = await deps.openIssues();
  const left = new Map(wanted);
  const viewer = await issues.viewer();
  for (const issue of await issues.list()) {
    const subject = subjectOf(issue, key);
    if (subject === undefined || !isViewer(issue.author, viewer)) continue;
    const text = left.get(subject);
    if (text !== undefined)
      await issues.update(issue.number, { ...text, body: marked(key, subject, text.body) });
    else if (wanted.has(subject) || isSettled(subject, keeping)) await close(issue, issues, deps);
    left.delete(subject);
  }
  const fresh = [...left];
  for (const [subject, { title, body }] of fresh.slice(0, mostNewIssues)) {
    const number = await issues.create({ title, body: marked(key, subject, body) });
    deps.log(`Opened #${number}: ${title}`);
  }
  if (fresh.length > mostNewIssues)
    deps.warn(
      `${fresh.length - mostNewIssues} more stacks have drifted; the summary names them, the next run opens more issues.`,
    );
}

/** Clean, or gone from the map. A stack that could not be checked keeps its issue. */
function isSettled(subject: string, { settled, known }: Keeping): boolean {
  return subject === undeployedSubject || settled.has(subject) || !known.has(subject);
}

async function close(issue: TrackedIssue, issues: TrackedIssues, { runUrl, log }: Deps): Promise<void> {
  await issues.close(issue.number, `${issue.body}\n\nSettled, says [this run](${runUrl}).`);
  log(`Closed #${issue.number}: ${issue.title}`);
}

const marked = (key: string, subject: string, body: string): string => `${markerOf(key, subject)}\n${body}`;
const markerOf = (key: string, subject: string): string => `<!-- data-platform drift ${key} ${subject} -->`;

function subjectOf({ body }: TrackedIssue, key: string): string | undefined {
  const [, itsKey, subject] = /^<!-- data-platform drift (\S+) (\S+) -->/.exec(body) ?? [];
  return itsKey === key ? subject : undefined;
}

function summaryOf({ drifted, clean, undeployed, unchecked }: Findings): string {
  const list = (ids: readonly string[]) => ids.slice(0, 100).map(codeSpan).join(", ") || "none";
  return [
    `- Drifted: ${list(drifted.map(({ stack }) => stack))}`,
    `- On main and not deployed: ${list(undeployed.map(({ id }) => id))}`,
    `- Not checked: ${list(unchecked.map(({ stack }) => stack))}`,
    `- Clean: ${clean.length}`,
  ].join("\n");
}
