import { readInputs } from "../../shared/src/action.ts";
import { addToSummary } from "../../shared/src/adapters/job-summary.ts";
import { openShardTools, runWithPost } from "../../shared/src/adapters/shard-tools.ts";
import { Inputs } from "./inputs.ts";
import { run } from "./run.ts";

await runWithPost(async () => {
  const inputs = readInputs(Inputs);
  return run(inputs, { ...(await openShardTools(inputs, "plan")), summary: addToSummary });
});
