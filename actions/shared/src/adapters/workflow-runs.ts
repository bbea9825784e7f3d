import { z } from "zod";
import type { LockWriter } from "../contracts/lock-note.ts";
import { oneLine } from "../one-line.ts";
import type { HolderRun } from "../ports/locks.ts";
import { statusOf } from "./github.ts";

const workflowRun = z.object({
  status: z.string().nullable(),
  conclusion: z.string().nullish(),
  run_attempt: z.number().int().positive().default(1),
});

/** Asks GitHub whether runs of one repository (`owner/name`) are over. Needs `actions: read`. */
export function workflowRunStatus({
  token,
  repository,
}: {
  readonly token: string | undefined;
  readonly repository: string;
}) {
  return async (run: LockWriter["run"]): Promise<Pick<HolderRun, "status" | "detail">> => {
    if (token === undefined) return { status: "unknown", detail: "no github-token to ask with" };
    if (!run.url.endsWith(`/${repository}/actions/runs/${run.id}`))
      return { status: "unknown", detail: "it belongs to another repository" };
    try {
      return await ask(run, { token, repository });
    } catch (error) {
      return { status: "unknown", detail: `GitHub did not say: ${reasonOf(error)}` };
    }
  };
}

async function ask(
  { id, attempt }: LockWriter["run"],
  { token, repository }: { readonly token: string; readonly repository: string },
): Promise<Pick<HolderRun, "status" | "detail">> {
  const [owner = "", repo = ""] = repository.split("/");
  const { openGitHub } = await import("./github.ts");
  const { rest } = await openGitHub({ token });
  const { data } = await rest.actions.getWorkflowRun({ owner, repo, run_id: Number(id) });
  const run = workflowRun.parse(data);
  if (run.run_attempt > attempt) return { status: "over", detail: `attempt ${run.run_attempt} followed` };
  if (run.status === "completed")
    return { status: "over", detail: oneLine(run.conclusion ?? "completed", 40) };
  return { status: "running", detail: oneLine(run.status ?? "no status", 40) };
}

function reasonOf(error: unknown): string {
  const status = statusOf(error);
  if (status === 403 || status === 404) return `HTTP ${status}; the token needs \`actions: read\``;
  return status === undefined ? "it cannot be reached" : `HTTP ${status}`;
}
