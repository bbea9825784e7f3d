import { FailedWithOutputs } from "../../shared/src/action.ts";
import { ActionError } from "../../shared/src/action-error.ts";
import type { Stack, StackMap } from "../../shared/src/contracts/stack-map.ts";
import type { StackResult } from "../../shared/src/contracts/stack-result.ts";
import { jobReport } from "../../shared/src/job-report.ts";
import type { PlanningDeps } from "../../shared/src/planned-stack.ts";
import { chooseStacks, failureOf, runShard, type ShardDeps, succeeded } from "../../shared/src/stack-run.ts";
import { type ApplyDeps, applyStack } from "./apply-stack.ts";
import type { Inputs } from "./inputs.ts";

export interface Deps extends ShardDeps, PlanningDeps, ApplyDeps {
  readonly map: StackMap;
  readonly summary: (markdown: string) => Promise<void>;
}

export const outputNames = ["results", "applied", "refused"] as const;

/** Applies what was reviewed to every stack of the shard; what comes after a stack that fails is left alone. */
export async function run(inputs: Inputs, deps: Deps): Promise<Record<(typeof outputNames)[number], string>> {
  const stacks = chooseStacks(deps.map, inputs.stacks, inputs.operation);
  requireConfirmation(inputs);
  requireLastingCredentials(inputs, stacks);
  await deps.terraform.version();
  const results = await runShard(
    { stacks, operation: inputs.operation, ordered: true },
    (stack, draft, time) => applyStack({ stack, draft, time }, inputs, deps),
    deps,
  );
  await deps.summary(jobReport(results));
  const failed = results.filter((result) => !succeeded(result));
  const outputs = {
    results: inputs.results,
    applied: namesOf(results, ["applied"]),
    refused: namesOf(results, ["refused", "unreviewed"]),
  };
  if (failed.length > 0) throw new FailedWithOutputs(failureOf(failed), outputs);
  return outputs;
}

function namesOf(results: readonly StackResult[], statuses: readonly StackResult["status"][]): string {
  return results
    .filter((result) => statuses.includes(result.status))
    .map((result) => result.stack)
    .join(" ");
}

/** The job ends before the credentials do, whenever in it they are taken. */
function requireLastingCredentials(inputs: Inputs, stacks: readonly Stack[]): void {
  const { "timeout-minutes": minutes, "duration-seconds": seconds, assume } = inputs;
  const assumed = assume && stacks.some(({ applyRole }) => applyRole !== undefined);
  if (!assumed || minutes === undefined || minutes * 60 <= seconds) return;
  throw new ActionError(
    `input "duration-seconds": credentials of ${seconds} s may end before the job does, which has ${minutes} min`,
    {
      hint: `Nothing was applied. Set duration-seconds to ${minutes * 60}, with a maximum session duration of the role that allows it, or lower timeout-minutes of the job and of this step to ${Math.floor(seconds / 60)}.`,
    },
  );
}

function requireConfirmation({ operation, stacks, confirm }: Inputs): void {
  if (operation !== "destroy") return;
  if (stacks.length !== 1)
    throw new ActionError('input "stacks": destroy takes exactly one stack', {
      hint: "Destroy stacks one by one.",
    });
  if (confirm !== stacks[0])
    throw new ActionError(`input "confirm": it must be the id of the stack to destroy, ${stacks[0] ?? ""}`, {
      hint: "Nothing was destroyed. Type the stack's id exactly as the stack map has it.",
    });
}
