import { FailedWithOutputs } from "../../shared/src/action.ts";
import type { Comment, PullRequestComments } from "../../shared/src/ports/pull-request-comments.ts";
import type { Inputs } from "./inputs.ts";
import { outdateOthers } from "./outdate.ts";
import { commentBudget, render, summaryBudget } from "./render.ts";
import {
  parseDetection,
  type Report,
  type ResultFile,
  type RunContext,
  reportOf,
  type StackReport,
} from "./report.ts";
import { composeComment, isSuperseded, markerOf, markReserve, ours } from "./sticky.ts";

export interface Deps {
  readonly context: RunContext;
  readonly readDetection: (path: string) => Promise<string>;
  /** Every file below the folder; none when there is no folder. */
  readonly readResults: (folder: string) => Promise<readonly ResultFile[]>;
  readonly openComments: () => Promise<PullRequestComments>;
  /** Whether an error is GitHub's answer, and so no fault of ours. */
  readonly isRefusal: (error: unknown) => boolean;
  readonly writeSummary: (markdown: string) => Promise<void>;
  readonly warn: (text: string) => void;
  readonly log: (text: string) => void;
}

export const outputNames = ["comment-url", "complete"] as const;

/**
 * Shows a run's results in the pull request's comment and the job's summary. Fails when a stack has no
 * result, after it has shown that; never because GitHub does not take the comment.
 */
export async function run(inputs: Inputs, deps: Deps): Promise<Record<(typeof outputNames)[number], string>> {
  const detection = parseDetection(await deps.readDetection(inputs.detection), inputs.detection);
  const report = reportOf(inputs.stage, detection, {
    files: await deps.readResults(inputs.results),
    run: deps.context,
  });
  await deps.writeSummary(render(report, summaryBudget));
  const url = await post(inputs, deps, report);
  const missing = report.stacks.filter(({ result }) => result === undefined);
  const outputs = { "comment-url": url, complete: String(missing.length === 0) };
  if (missing.length === 0) return outputs;
  const lines = missing.map(({ id, missing: why }) => `${id}: ${why ?? ""}`);
  const shown = lines.length > 20 ? [...lines.slice(0, 20), `and ${lines.length - 20} more`] : lines;
  throw new FailedWithOutputs(
    `${missing.length} of ${report.stacks.length} stacks have no result\n${shown.join("\n")}`,
    outputs,
    {
      hint: "Nothing is known about these stacks. Look at their jobs, and run them again.",
    },
  );
}

async function post(inputs: Inputs, deps: Deps, report: Report): Promise<string> {
  try {
    const comments = await deps.openComments();
    const pullRequest =
      inputs["pull-request"] ?? report.detection.pullRequest ?? (await pullRequestOf(comments, report));
    if (inputs.stage !== "plan") await tellOthers(pullRequest, comments, { inputs, deps, report });
    if (pullRequest !== undefined) return await write(pullRequest, comments, { inputs, deps, report });
    deps.log("This commit came from no pull request; the job's summary shows the result.");
  } catch (error) {
    if (!deps.isRefusal(error)) throw error;
    deps.warn(
      `The comment could not be written, so only the job's summary shows the result: ${String(error)}`,
    );
  }
  return "";
}

interface Posting {
  readonly inputs: Inputs;
  readonly deps: Deps;
  readonly report: Report;
}

/** A plan of what was just applied is outdated, on whichever pull request it stands. */
async function tellOthers(
  own: number | undefined,
  comments: PullRequestComments,
  { inputs, deps, report }: Posting,
): Promise<void> {
  const stacks = report.stacks.filter(wasBegun).map(({ id }) => id);
  try {
    await outdateOthers({ comments, stacks, own, key: inputs.key, run: deps.context, log: deps.log });
  } catch (error) {
    if (!deps.isRefusal(error)) throw error;
    deps.warn(`Other pull requests could not be told that their plans are outdated: ${String(error)}`);
  }
}

/** Whether Terraform began to change the stack, however it ended. */
function wasBegun({ result }: StackReport): boolean {
  return result?.status === "applied" || result?.timings["apply"] !== undefined;
}

/** The merged pull request that brought the commit to its branch. */
async function pullRequestOf(
  comments: PullRequestComments,
  { detection }: Report,
): Promise<number | undefined> {
  if (detection.event !== "push") return undefined;
  const merged = (await comments.pullRequestsOf(detection.commit)).filter((pull) => pull.merged);
  return (merged.find((pull) => pull.mergeCommit === detection.commit) ?? merged[0])?.number;
}

async function write(
  pullRequest: number,
  comments: PullRequestComments,
  { inputs, deps, report }: Posting,
): Promise<string> {
  const { key, stage } = inputs;
  const all = await comments.list(pullRequest);
  const marked = all.some(({ body }) => body.includes(markerOf(key)));
  const [existing, ...duplicates] = marked ? ours(all, key, await comments.viewer()) : [];
  if (existing !== undefined && isSuperseded(existing.body, stage, deps.context)) {
    deps.warn(
      "A later run has already commented on this pull request; only the job's summary shows this one.",
    );
    return "";
  }
  const limit = commentBudget.limit;
  const content = render(report, { ...commentBudget, limit: limit - markReserve });
  const body = composeComment(content, {
    key,
    stage,
    run: deps.context,
    existing: existing?.body ?? "",
    limit,
    stacks: report.stacks.map(({ id }) => id),
  });
  const url =
    existing === undefined
      ? await comments.create(pullRequest, body)
      : await comments.update(existing.id, body);
  await removeAll(duplicates, comments, deps);
  return url;
}

/** Two runs that began at once may each have written a comment. */
async function removeAll(
  duplicates: readonly Comment[],
  comments: PullRequestComments,
  deps: Deps,
): Promise<void> {
  for (const { id } of duplicates) {
    try {
      await comments.remove(id);
    } catch (error) {
      if (!deps.isRefusal(error)) throw error;
      deps.warn(`A second comment of ours (${id}) could not be removed: ${String(error)}`);
    }
  }
}
