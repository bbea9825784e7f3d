import { resolve } from "node:path";
import * as core from "@actions/core";
import { createAssumeRole } from "../../shared/src/adapters/assume-role.ts";
import { addToSummary } from "../../shared/src/adapters/job-summary.ts";
import { readDetection } from "../../shared/src/adapters/run-context.ts";
import { openObjectStore } from "../../shared/src/adapters/s3-object-store.ts";
import { sessionName } from "../../shared/src/session-name.ts";
import type { Variables } from "../../shared/src/terraform.ts";
import type { Inputs } from "./inputs.ts";
import { type Deps, stateReadingPolicy } from "./run.ts";

/** Connects the action to the runner and AWS. */
export function realDeps(inputs: Inputs, env: Variables): Deps {
  const { GITHUB_WORKSPACE = ".", GITHUB_RUN_ID = "" } = env;
  const assumeRole = createAssumeRole({ mask: core.setSecret, log: core.info });
  return {
    readDetection: (path) => readDetection(resolve(GITHUB_WORKSPACE, path), path),
    readState: async ({ id, planRole, region }, state) => {
      const credentials =
        planRole === undefined || region === undefined || !inputs.assume
          ? undefined
          : await assumeRole({
              roleArn: planRole,
              region,
              sessionName: sessionName("check-removed", id, GITHUB_RUN_ID),
              durationSeconds: inputs["duration-seconds"],
              sessionPolicy: stateReadingPolicy(state),
            });
      const store = await openObjectStore({ bucket: state.bucket, region: state.region, credentials });
      return (await store.read(state.key))?.body;
    },
    log: core.info,
    summary: addToSummary,
  };
}
