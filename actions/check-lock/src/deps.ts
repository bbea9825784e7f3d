import * as core from "@actions/core";
import { createAssumeRole } from "../../shared/src/adapters/assume-role.ts";
import { addToSummary } from "../../shared/src/adapters/job-summary.ts";
import { createAttribution } from "../../shared/src/adapters/lock-attribution.ts";
import { createLockReader } from "../../shared/src/adapters/lock-reader.ts";
import { readStackMap } from "../../shared/src/adapters/stack-map-file.ts";
import { readStateDigest } from "../../shared/src/adapters/state-digest.ts";
import { systemClock } from "../../shared/src/adapters/system-clock.ts";
import type { Variables } from "../../shared/src/terraform.ts";
import type { Inputs } from "./inputs.ts";
import type { Deps } from "./run.ts";

/** Connects the action to the runner, AWS and GitHub. */
export function realDeps(inputs: Inputs, env: Variables): Deps {
  const { GITHUB_WORKSPACE = ".", GITHUB_REPOSITORY = "", GITHUB_RUN_ID = "", GITHUB_JOB = "" } = env;
  return {
    readMap: (path) => readStackMap(GITHUB_WORKSPACE, path),
    assumeRole: createAssumeRole({ mask: core.setSecret, log: core.info }),
    lockReader: createLockReader,
    attribution: ({ stack, map }, credentials) =>
      createAttribution({ stack: stack.id, store: map.store, credentials, token: inputs["github-token"] }),
    readDigest: readStateDigest,
    origin: [GITHUB_REPOSITORY, GITHUB_RUN_ID, GITHUB_JOB],
    clock: systemClock,
    log: core.info,
    summary: addToSummary,
  };
}
