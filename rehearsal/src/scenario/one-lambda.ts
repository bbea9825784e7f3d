import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { StateObject } from "../account.ts";
import type { Rehearsal } from "../rehearsal.ts";
import { mergeAndDeploy } from "./merge.ts";
import { openPullRequest } from "./pull-request.ts";
import { checkStates, versions } from "./states.ts";

const stack = "stage/workflow/lambda";
const file = "infra/stage/workflow/lambda/ingestion-batch-layer.ts";

/** Step 4: more memory for one Lambda. Nobody else's state may move. */
export async function changeOneLambda(
  rehearsal: Rehearsal,
  before: readonly StateObject[],
): Promise<StateObject[]> {
  const { checks, map, repository } = rehearsal;
  const branch = "more-memory";
  await repository.branch(branch);
  const path = join(repository.tree, file);
  const text = await readFile(path, "utf8");
  const changed = text.replace(
    /memoryMegabytes: (\d+)/,
    (_, memory: string) => `memoryMegabytes: ${Number(memory) * 2}`,
  );
  if (changed === text) throw new Error(`${file} sets no memoryMegabytes to change`);
  await writeFile(path, changed);
  await repository.commit("Give the batch function twice the memory");
  const planned = await openPullRequest(rehearsal, {
    branch,
    title: "Give the batch function twice the memory",
    body: "Busy hours have twice the events they had.",
    stacks: [stack],
  });
  const deployed = await mergeAndDeploy(rehearsal, planned);
  const after = await checkStates(rehearsal);
  const key = map.stacks.get(stack)?.backend.key ?? "";
  const { [key]: own, ...others } = versions(after);
  const { [key]: ownBefore, ...othersBefore } = versions(before);
  checks.hold("the Lambdas' state has a new version", own !== ownBefore);
  checks.equal("the states of all other stacks keep their version", others, othersBefore);
  checks.equal("only that stack was applied", [...deployed.results.keys()], [stack]);
  return after;
}
