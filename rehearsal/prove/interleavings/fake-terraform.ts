import { ActionError } from "../../../actions/shared/src/action-error.ts";
import type { Plan } from "../../../actions/shared/src/plan-json.ts";
import type { Terraform, TerraformSession } from "../../../actions/shared/src/ports/terraform.ts";
import type { Operation } from "../../../actions/shared/src/terraform.ts";
import { configuration, planOf, refresh, type State } from "./cloud.ts";
import type { Tree } from "./history.ts";
import { type Job, Killed } from "./turns.ts";
import type { World } from "./world.ts";

/** What befalls an apply after so many of its changes are done. */
export interface Mishap {
  readonly kind: "error" | "cancelled" | "killed" | "killed before the state was written";
  readonly after: number;
}

interface Options {
  readonly world: World;
  readonly job: Pick<Job, "name" | "turn" | "kill">;
  readonly tree: Tree;
  readonly mishap: Mishap | undefined;
  /** Told of every plan, and of the plan whose changes are about to be made. */
  readonly planned: (plan: Plan) => void;
  readonly applying: (plan: Plan) => void;
  readonly cancelled: () => void;
}

/** Terraform as far as a stack's state, plan files and half-done applies go, over resources in memory. */
export function fakeTerraform(options: Options): Terraform {
  return {
    version: async () => "1.11.4",
    open: async () => new Session(options),
  };
}

class Session implements TerraformSession {
  private readonly options: Options;
  private planned: { readonly plan: Plan; readonly state: State | undefined } | undefined;

  constructor(options: Options) {
    this.options = options;
  }

  async init(): Promise<void> {}
  async close(): Promise<void> {}

  async plan({ operation }: { readonly operation: Operation }): Promise<Plan> {
    const { world, job, tree, planned } = this.options;
    await job.turn();
    const state = world.state();
    const wanted = operation === "destroy" ? {} : configuration(tree);
    const plan = planOf(refresh(state, world.cloud), wanted, state?.output);
    this.planned = { plan, state };
    planned(plan);
    return plan;
  }

  async apply(): Promise<void> {
    const { world, job, mishap, applying, cancelled } = this.options;
    await job.turn();
    const { plan, state } = this.planned ?? {};
    if (plan === undefined) throw new Error("nothing was planned");
    const now = world.state();
    if (now?.serial !== state?.serial || now?.lineage !== state?.lineage)
      throw new ActionError("app: terraform apply failed: Saved plan is stale");
    applying(plan);
    const known = { ...refresh(state, world.cloud) };
    const written = () =>
      world.saveState({
        lineage: state?.lineage ?? world.name("lineage"),
        serial: (state?.serial ?? 0) + 1,
        resources: { ...known },
        output: state?.output,
      });
    for (const [index, change] of plan.changes.entries()) {
      if (mishap?.after === index) {
        if (mishap.kind !== "killed before the state was written") await written();
        if (mishap.kind === "cancelled") cancelled();
        if (mishap.kind === "error" || mishap.kind === "cancelled")
          throw new ActionError(`app: terraform apply failed: ${mishap.kind}`);
        job.kill();
        throw new Killed(job.name);
      }
      await job.turn();
      world.make(change, known);
    }
    const [output] = plan.outputs;
    const text = output === undefined ? state?.output : (output.after as string | undefined);
    await world.saveState({
      lineage: state?.lineage ?? world.name("lineage"),
      serial: (state?.serial ?? 0) + 1,
      resources: known,
      output: text,
    });
  }
}
