import * as core from "@actions/core";
import type { Stack, StackMap } from "../contracts/stack-map.ts";
import type { Credentials } from "../ports/credentials.ts";
import { sessionName } from "../session-name.ts";
import { applySessionPolicy, planSessionPolicy } from "../session-policy.ts";
import { createAssumeRole } from "./assume-role.ts";

export type Purpose = "plan" | "apply";

export interface CredentialInputs {
  readonly assume: boolean;
  readonly "duration-seconds": number;
}

/** Undefined: the stack has no role, or the job brings its own credentials. */
export function createCredentials(
  inputs: CredentialInputs,
  purpose: Purpose,
  map: StackMap,
): (stack: Stack) => Promise<Credentials | undefined> {
  const assumeRole = createAssumeRole({ mask: core.setSecret, log: core.info });
  const { GITHUB_RUN_ID = "" } = process.env;
  return async (stack) => {
    const roleArn = purpose === "plan" ? stack.planRole : stack.applyRole;
    if (!inputs.assume || roleArn === undefined) return undefined;
    const narrowed = purpose === "plan" ? planSessionPolicy : applySessionPolicy;
    return assumeRole({
      roleArn,
      region: stack.environment.region,
      sessionName: sessionName(purpose, stack.id, GITHUB_RUN_ID),
      durationSeconds: inputs["duration-seconds"],
      sessionPolicy: narrowed(stack, map.store),
    });
  };
}
