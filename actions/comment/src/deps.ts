import { readFile } from "node:fs/promises";
import * as core from "@actions/core";
import { ActionError } from "../../shared/src/action-error.ts";
import { statusOf } from "../../shared/src/adapters/github.ts";
import { readResults } from "../../shared/src/adapters/results-folder.ts";
import type { Inputs } from "./inputs.ts";
import type { Deps } from "./run.ts";

/** Connects the action to the runner and GitHub. */
export function realDeps(inputs: Inputs, env: NodeJS.ProcessEnv): Deps {
  const repository = env["GITHUB_REPOSITORY"] ?? "";
  return {
    context: {
      serverUrl: env["GITHUB_SERVER_URL"] ?? "https://github.com",
      repository,
      id: env["GITHUB_RUN_ID"] ?? "0",
      attempt: Number(env["GITHUB_RUN_ATTEMPT"] ?? "1"),
    },
    readDetection: (path) =>
      readFile(path, "utf8").catch((cause: unknown) => {
        throw new ActionError(`input "detection": ${path} cannot be read`, {
          hint: "Download the artifact that holds what detect-changes wrote.",
          cause,
        });
      }),
    readResults,
    openComments: async () => {
      const [{ openGitHub }, { pullRequestComments }] = await Promise.all([
        import("../../shared/src/adapters/github.ts"),
        import("../../shared/src/adapters/pull-request-comments.ts"),
      ]);
      return pullRequestComments(await openGitHub({ token: inputs["github-token"] }), repository);
    },
    isRefusal: (error) => statusOf(error) !== undefined,
    writeSummary: async (markdown) => {
      if (env["GITHUB_STEP_SUMMARY"] !== undefined) await core.summary.addRaw(markdown).write();
    },
    warn: (text) => core.warning(text),
    log: (text) => core.info(text),
  };
}
