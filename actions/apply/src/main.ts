import { readInputs } from "../../shared/src/action.ts";
import { openGitHub } from "../../shared/src/adapters/github.ts";
import { addToSummary } from "../../shared/src/adapters/job-summary.ts";
import { pullRequests } from "../../shared/src/adapters/pull-requests.ts";
import { openShardTools, runWithPost } from "../../shared/src/adapters/shard-tools.ts";
import { Inputs } from "./inputs.ts";
import { run } from "./run.ts";

await runWithPost(async () => {
  const inputs = readInputs(Inputs);
  const token = inputs["github-token"];
  const asked = token && pullRequests(() => openGitHub({ token }), process.env["GITHUB_REPOSITORY"] ?? "");
  return run(inputs, {
    ...(await openShardTools(inputs, "apply")),
    pullRequests: asked || undefined,
    summary: addToSummary,
  });
});
