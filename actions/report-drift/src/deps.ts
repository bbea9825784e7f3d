import { resolve } from "node:path";
import * as core from "@actions/core";
import { addToSummary } from "../../shared/src/adapters/job-summary.ts";
import { readResults } from "../../shared/src/adapters/results-folder.ts";
import { readDetection } from "../../shared/src/adapters/run-context.ts";
import type { Variables } from "../../shared/src/terraform.ts";
import type { Inputs } from "./inputs.ts";
import type { Deps } from "./run.ts";

const label = "drift";

/** Connects the action to the runner and GitHub. */
export function realDeps(inputs: Inputs, env: Variables): Deps {
  const { GITHUB_WORKSPACE = ".", GITHUB_SERVER_URL = "https://github.com", GITHUB_REPOSITORY = "" } = env;
  return {
    runUrl: `${GITHUB_SERVER_URL}/${GITHUB_REPOSITORY}/actions/runs/${env["GITHUB_RUN_ID"] ?? ""}`,
    readDetection: (path) => readDetection(resolve(GITHUB_WORKSPACE, path), path),
    readResults: async (folder) => (await readResults(folder)).map(({ text }) => text),
    openIssues: async () => {
      const [{ openGitHub }, { trackedIssues }] = await Promise.all([
        import("../../shared/src/adapters/github.ts"),
        import("../../shared/src/adapters/tracked-issues.ts"),
      ]);
      return trackedIssues(await openGitHub({ token: inputs["github-token"] }), GITHUB_REPOSITORY, label);
    },
    summary: addToSummary,
    log: core.info,
    warn: (text) => core.warning(text),
  };
}
