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

/** Space for the marker and the marks around the new section. */
export const markReserve = 300;

/** The whole comment; earlier sections go in as far as they fit. */
export function composeComment(
  content: string,
  {
    key,
    stage,
    run,
    existing,
    limit,
  }: {
    readonly key: string;
    readonly stage: Stage;
    readonly run: RunContext;
    readonly existing: string;
    readonly limit: number;
  },
): string {
  let body = `${markerOf(key)}\n${marked({ stage, run: run.id, attempt: run.attempt, content: content.trimEnd() })}`;
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
