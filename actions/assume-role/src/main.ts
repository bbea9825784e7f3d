import * as core from "@actions/core";
import { readInputs, runAction } from "../../shared/src/action.ts";
import { createAssumeRole } from "../../shared/src/adapters/assume-role.ts";
import { isPostStep } from "../../shared/src/adapters/post-step.ts";
import { Inputs } from "./inputs.ts";
import { clear, run } from "./run.ts";

const { GITHUB_REPOSITORY = "", GITHUB_RUN_ID = "", GITHUB_JOB = "" } = process.env;
const ports = { exportVariable: core.exportVariable, log: core.info };

await runAction(async () => {
  if (isPostStep() || core.getState("started") !== "")
    return clear(core.getState("exported"), process.env, ports);
  core.saveState("started", "true");
  const inputs = readInputs(Inputs);
  return run(inputs, {
    ...ports,
    assumeRole: createAssumeRole({ mask: core.setSecret, log: core.info, audience: inputs.audience }),
    remember: (exported) => core.saveState("exported", exported),
    origin: [GITHUB_REPOSITORY, GITHUB_RUN_ID, GITHUB_JOB],
  });
});
