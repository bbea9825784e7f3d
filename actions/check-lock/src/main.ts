import * as core from "@actions/core";
import { readInputs, runAction } from "../../shared/src/action.ts";
import { createAssumeRole } from "../../shared/src/adapters/assume-role.ts";
import { addToSummary } from "../../shared/src/adapters/job-summary.ts";
import { createLockReader } from "../../shared/src/adapters/lock-reader.ts";
import { readStackMap } from "../../shared/src/adapters/stack-map-file.ts";
import { systemClock } from "../../shared/src/adapters/system-clock.ts";
import { Inputs } from "./inputs.ts";
import { run } from "./run.ts";

const { GITHUB_WORKSPACE = ".", GITHUB_REPOSITORY = "", GITHUB_RUN_ID = "", GITHUB_JOB = "" } = process.env;
const origin = [GITHUB_REPOSITORY, GITHUB_RUN_ID, GITHUB_JOB];
const ports = { clock: systemClock, log: core.info, summary: addToSummary, lockReader: createLockReader };

await runAction(async () => {
  const assumeRole = createAssumeRole({ mask: core.setSecret, log: core.info });
  const readMap = (path: string) => readStackMap(GITHUB_WORKSPACE, path);
  return run(readInputs(Inputs), { ...ports, assumeRole, readMap, origin });
});
