import { join } from "node:path";
import type { Rehearsal, RunReport } from "../rehearsal.ts";
import { moveData } from "./data.ts";
import { mergeAndDeploy } from "./merge.ts";
import { changeOneLambda } from "./one-lambda.ts";
import { operateByHand } from "./operate.ts";
import { openPullRequest } from "./pull-request.ts";
import { checkNothingLeft, checkStates } from "./states.ts";

/** The steps after the bootstrap, in order; ends at the first fact that does not hold. */
export async function rehearse(rehearsal: Rehearsal): Promise<void> {
  const { map, options, progress } = rehearsal;
  const last = options.until ?? 7;
  if (last < 2) return;
  const broughtIn = [...map.stacks.keys()].filter((id) => id !== "global/backend");
  const planned = await progress.step("A pull request brings in the platform", () =>
    openPullRequest(rehearsal, {
      branch: "platform",
      title: "Bring in the data platform",
      body: "Buckets, functions and jobs: GitHub's activity flows into the raw layer and on into the qualified layer.",
      stacks: broughtIn,
    }),
  );
  if (last < 3) return;
  const { states, run } = await progress.step("Merging applies what was reviewed", async () => {
    const { run } = await mergeAndDeploy(rehearsal, planned);
    const states = await checkStates(rehearsal);
    await checkNothingLeft(rehearsal, run);
    return { states, run };
  });
  if (last < 4) return;
  const data = beginData(rehearsal, run);
  await progress.step("A second pull request changes one Lambda", () => changeOneLambda(rehearsal, states));
  if (last < 5) return;
  await progress.step("One stack is operated by hand", () => operateByHand(rehearsal));
  if (last < 6) return;
  rehearsal.facts["data"] = await progress.step("Data flows, since the merge", data.end, data.startedAt);
}

/** All that data needs is deployed by the first merge, so it flows beside the steps that follow. */
function beginData(rehearsal: Rehearsal, run: RunReport) {
  const { checks, options, progress } = rehearsal;
  const startedAt = progress.elapsed;
  if ((options.until ?? 7) < 6) return { startedAt, end: async () => undefined };
  const { progress: aside, show } = progress.aside();
  const moved = moveData(
    { ...rehearsal, progress: aside, checks: checks.shownBy(aside) },
    join(run.artifacts, "assembly"),
  );
  // A failure is told at its step; until then it must not end the process.
  moved.catch(() => undefined);
  const end = () => {
    show();
    return moved;
  };
  return { startedAt, end };
}
