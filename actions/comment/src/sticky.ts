import { codeSpan } from "../../shared/src/markdown.ts";
import type { Comment } from "../../shared/src/ports/pull-request-comments.ts";
import { isViewer } from "../../shared/src/viewer.ts";
import type { Report, RunContext } from "./report.ts";

/**
 * The one comment of a pull request. It begins with a marker and holds one section per stage, each between
 * marks of its own that name the run, so that what was reviewed stays below what was applied.
 */

type Stage = Report["stage"];

export function markerOf(key: string): string {
  return `<!-- data-platform ${key} -->`;
}

/** Comments with our marker that we wrote, oldest first. Whoever else writes the marker is not us. */
export function ours(comments: readonly Comment[], key: string, viewer: string): Comment[] {
  return comments
    .filter(({ body, author }) => body.trimStart().startsWith(markerOf(key)) && isViewer(author, viewer))
    .toSorted((left, right) => left.id - right.id);
}

interface Section {
  readonly stage: Stage;
  readonly run: string;
  readonly attempt: number;
  readonly content: string;
}

const sectionPattern = /<!-- (plan|apply|operate) (\d{1,20})\.(\d{1,9}) -->\n([\s\S]*?)\n<!-- \/\1 -->/g;

export function sectionsOf(body: string): Section[] {
  return [...body.matchAll(sectionPattern)].map(([, stage, run = "", attempt, content = ""]) => ({
    stage: stage as Stage,
    run,
    attempt: Number(attempt),
    content,
  }));
}

/** Whether a section of this stage is already from a later run, which this one must not hide. */
export function isSuperseded(body: string, stage: Stage, run: RunContext): boolean {
  const own = /^\d+$/.test(run.id) ? BigInt(run.id) : 0n;
  return sectionsOf(body).some((section) => section.stage === stage && BigInt(section.run) > own);
}

/** Earlier stages, folded up below the new one. A plan begins anew. */
const keptBelow: Readonly<Record<Stage, readonly (readonly [Stage, string])[]>> = {
  plan: [],
  apply: [["plan", "What was reviewed"]],
  operate: [
    ["apply", "What was applied"],
    ["plan", "What was reviewed"],
  ],
};

const mostNames = 4_000;

/** Space for the marker, the marks around the new section, and what {@link markOutdated} puts into it later. */
export const markReserve = 1_500 + mostNames;

/** Which stacks a plan is of, so that a later apply can find it; too many for a comment: any. */
function stacksMark(ids: readonly string[]): string {
  const names = ids.join(" ");
  return ids.length === 0 ? "" : `<!-- stacks ${names.length > mostNames ? "*" : names} -->\n`;
}

const outdatedPattern = /<!-- outdated (.*) -->\n[\s\S]*?\n<!-- \/outdated -->\n\n/;

/** The comment with a word on its plan that these stacks were applied since; undefined: it is not about them. */
export function markOutdated(body: string, applied: readonly string[], run: RunContext): string | undefined {
  const section = sectionsOf(body).find(({ stage }) => stage === "plan");
  const mark = section && /^<!-- stacks (.*) -->\n/.exec(section.content);
  if (section === undefined || mark === null || mark === undefined) return undefined;
  const planned = (mark[1] ?? "").split(" ");
  const concerned = applied.filter((id) => planned.includes("*") || planned.includes(id));
  if (concerned.length === 0) return undefined;
  const before = outdatedPattern.exec(section.content)?.[1]?.split(" ") ?? [];
  const all = [...new Set([...before, ...concerned])];
  const runs = `${run.serverUrl}/${run.repository}/actions/runs`;
  const shown =
    all.slice(0, 5).map(codeSpan).join(", ") + (all.length > 5 ? ` and ${all.length - 5} more` : "");
  const note = [
    `<!-- outdated ${all.join(" ").length > mostNames ? "*" : all.join(" ")} -->`,
    "> [!WARNING]",
    `> **Outdated:** ${shown} ${all.length === 1 ? "has" : "have"} been applied since, last by [run ${run.id}](${runs}/${run.id}). To plan again without a push, open [the run of this plan](${runs}/${section.run}) and choose “Re-run all jobs”.`,
    "<!-- /outdated -->",
  ].join("\n");
  const rest = section.content.slice(mark[0].length).replace(outdatedPattern, "");
  return body.replace(section.content, () => `${mark[0]}${note}\n\n${rest}`);
}

/** The whole comment; earlier sections go in as far as they fit. */
export function composeComment(
  content: string,
  {
    key,
    stage,
    run,
    existing,
    limit,
    stacks = [],
  }: {
    readonly key: string;
    readonly stage: Stage;
    readonly run: RunContext;
    readonly existing: string;
    readonly limit: number;
    /** Stacks that a plan is of. */
    readonly stacks?: readonly string[];
  },
): string {
  const whole = `${stage === "plan" ? stacksMark(stacks) : ""}${content.trimEnd()}`;
  let body = `${markerOf(key)}\n${marked({ stage, run: run.id, attempt: run.attempt, content: whole })}`;
  const earlier = sectionsOf(existing);
  for (const [kept, summary] of keptBelow[stage]) {
    const section = earlier.find((candidate) => candidate.stage === kept);
    if (section === undefined) continue;
    const address = `${run.serverUrl}/${run.repository}/actions/runs/${section.run}`;
    const whole = `\n\n<details><summary>${summary}</summary>\n\n${marked(section)}\n\n</details>`;
    const pointer = `\n\n${summary}: [run ${section.run}](${address})`;
    body +=
      body.length + whole.length <= limit ? whole : body.length + pointer.length <= limit ? pointer : "";
  }
  return body;
}

function marked({ stage, run, attempt, content }: Section): string {
  return `<!-- ${stage} ${/^\d{1,20}$/.test(run) ? run : "0"}.${attempt} -->\n${content}\n<!-- /${stage} -->`;
}
