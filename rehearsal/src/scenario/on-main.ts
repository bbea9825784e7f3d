import type { Rehearsal, RunReport } from "../rehearsal.ts";
import { runWorkflow } from "../workflow-run.ts";

export interface Dispatch {
  readonly title: string;
  /** `operate.yml`. */
  readonly workflow: string;
  /** Texts, as in the event that GitHub sends, those of a checkbox too. */
  readonly inputs: Readonly<Record<string, string>>;
}

/** What "Run workflow" on the Actions tab does, on today's main. */
export async function runOnMain(
  rehearsal: Rehearsal,
  { title, workflow, inputs }: Dispatch,
): Promise<RunReport> {
  const { repository } = rehearsal;
  const ref = "refs/heads/main";
  return runWorkflow(rehearsal, {
    title,
    workflow,
    event: "workflow_dispatch",
    ref,
    commit: (await repository.git("-C", repository.origin, "rev-parse", ref)).trim(),
    payload: { ref, inputs },
  });
}
