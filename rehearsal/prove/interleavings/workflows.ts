import type { Plan } from "../../../actions/shared/src/plan-json.ts";
import type { Mishap } from "./fake-terraform.ts";
import { applyStep, detectStep, planStep, type Step } from "./jobs.ts";
import { Job } from "./turns.ts";
import { changeKeys, type PullRequest, type Run, type World } from "./world.ts";

/** The workflows: pull-request, deploy and operate, as far as one stack goes. */

const never = Number.POSITIVE_INFINITY;

/** Plans a pull request as it would be merged now. The gate is green for the head that was planned. */
export async function planPullRequest(world: World, pull: PullRequest): Promise<void> {
  const { history } = world;
  const { head, number } = pull;
  const base = world.main;
  const tree = history.mergedTree(base, head);
  pull.green = undefined;
  if (tree === undefined || history.isAncestor(head, base)) return;
  const commit = history.commit(tree, [base, head]);
  const runId = world.number();
  const killed = world.random.chance(0.05) ? world.random.below(8) : never;
  const job = new Job(`plan of #${number} in run ${runId}`, killed);
  const step: Step = { world, job, runId, attempt: 1 };
  await world.turns.start(job, async () => {
    const event = {
      name: "pull_request",
      number,
      headSha: head,
      baseSha: base,
      untrusted: undefined,
    } as const;
    const detection = await detectStep(step, event, { commit, given: { compare: "base" } });
    const recorded = (plan: Plan) => world.show(plan, `#${number}`);
    const planned =
      detection.affected.length === 0 ? "nothing to plan" : await planStep({ ...step, detection, recorded });
    if (planned === undefined) return world.say(`plan of #${number} failed`);
    world.say(`#${number} planned at ${short(head)} on ${short(base)}: ${describe(planned)}`);
    if (pull.head === head) pull.green = head;
  });
}

/** A merge queue's run for pull requests one upon the other. They are merged when it is green and main still there. */
export async function mergeQueue(
  world: World,
  entries: readonly PullRequest[],
  merged: () => Promise<void>,
): Promise<void> {
  const { history } = world;
  const base = world.main;
  const heads = entries.map(({ head }) => head);
  const mergedAs: string[] = [];
  let commit = base;
  for (const { head } of entries) {
    const tree = history.mergedTree(commit, head);
    if (tree === undefined) return;
    commit = history.commit(tree, world.random.chance(0.5) ? [commit, head] : [commit]);
    mergedAs.push(commit);
  }
  const runId = world.number();
  const names = entries.map(({ number }) => `#${number}`).join(" and ");
  const job = new Job(`queue of ${names} in run ${runId}`);
  const step: Step = { world, job, runId, attempt: 1 };
  await world.turns.start(job, async () => {
    const event = { name: "merge_group", baseSha: base } as const;
    const detection = await detectStep(step, event, { commit, given: { compare: "base" } });
    const given = { "reviewed-only": "true", record: "false" };
    const green =
      detection.affected.length === 0 || (await planStep({ ...step, detection }, given)) !== undefined;
    const moved = world.main !== base || entries.some(({ head }, index) => head !== heads[index]);
    world.say(
      `queue of ${names}: ${green ? (moved ? "overtaken" : `merged, main is ${short(commit)}`) : "refused"}`,
    );
    if (!green || moved) return;
    world.main = commit;
    for (const [index, pull] of entries.entries())
      Object.assign(pull, { merged: true, mergedAs: mergedAs[index] });
    await merged();
  });
}

/** What a push to main starts. */
export async function deploy(
  world: World,
  mishap: Mishap | "cancelled while it waits" | undefined,
): Promise<void> {
  const run: Run = {
    id: world.number(),
    kind: "deploy",
    commit: world.main,
    attempt: 0,
    outcome: "running",
    affected: false,
  };
  world.runs.push(run);
  await attempt(world, run, { mishap, everything: true });
}

export interface Attempt {
  readonly mishap: Mishap | "cancelled while it waits" | undefined;
  /** Detection too, rather than the failed job alone. */
  readonly everything: boolean;
}

export async function attempt(world: World, run: Run, { mishap, everything }: Attempt): Promise<void> {
  run.attempt++;
  run.outcome = "running";
  const killed = world.random.chance(0.05) ? world.random.below(14) : never;
  const job = new Job(`deploy ${run.id}.${run.attempt}`, killed);
  const step: Step = { world, job, runId: run.id, attempt: run.attempt };
  const given = everything ? { compare: "markers" } : { stacks: "app" };
  await world.turns.start(job, async () => {
    try {
      const detection = await detectStep(
        step,
        { name: "push", before: undefined },
        { commit: run.commit, given },
      );
      run.affected = detection.affected.length > 0;
      if (!run.affected) {
        run.outcome = "nothing to do";
        return;
      }
      if (mishap === "cancelled while it waits") {
        run.outcome = mishap;
        return;
      }
      await inGroup(world, job, async () => {
        const applying = (plan: Plan) => holdToReview(world, run, plan);
        const result = await applyStep({ ...step, detection, mishap, applying });
        run.outcome = result?.status ?? "killed";
        if (result?.error !== undefined) world.say(`  ${result.error.message.slice(0, 200)}`);
        if (run.outcome === "applied" || run.outcome === "no-changes") done(world, run, "apply");
      });
    } finally {
      if (run.outcome === "running") run.outcome = "killed";
      world.say(`deploy ${run.id}.${run.attempt} of ${short(run.commit)}: ${run.outcome}`);
    }
  });
}

/** By hand: planned, shown, approved by a person or not, planned again and applied. */
export async function operate(
  world: World,
  {
    operation,
    approved,
    mishap,
  }: { operation: "apply" | "destroy"; approved: boolean; mishap?: Mishap | undefined },
): Promise<Run> {
  const run: Run = {
    id: world.number(),
    kind: "operate",
    commit: world.main,
    attempt: 1,
    outcome: "running",
    affected: true,
  };
  const job = new Job(`${operation} by hand ${run.id}`);
  const step: Step = { world, job, runId: run.id, attempt: 1 };
  await world.turns.start(job, async () => {
    try {
      const event = { name: "workflow_dispatch" } as const;
      const detection = await detectStep(step, event, { commit: run.commit, given: { stacks: "app" } });
      const planned = await planStep({ ...step, detection }, { operation });
      if (planned === undefined || !approved) {
        run.outcome = planned === undefined ? "not planned" : "not approved";
        return;
      }
      world.show(planned.plan, `run ${run.id}`);
      await job.turn();
      await inGroup(world, job, async () => {
        const applying = (plan: Plan) => holdToReview(world, run, plan);
        const given = { operation, "reviewed-in": "run", confirm: operation === "destroy" ? "app" : "" };
        const result = await applyStep({ ...step, detection, mishap, applying }, given);
        run.outcome = result?.status ?? "killed";
        if (result?.error !== undefined) world.say(`  ${result.error.message.slice(0, 200)}`);
        if (run.outcome === "applied" || run.outcome === "no-changes") done(world, run, operation);
      });
    } finally {
      world.say(`${operation} by hand ${run.id} of ${short(run.commit)}: ${run.outcome}`);
    }
  });
  return run;
}

function done(world: World, { commit }: Run, operation: "apply" | "destroy"): void {
  world.destroyed = operation === "destroy";
  world.spend(commit);
}

/** One at a time, in whatever order GitHub lets them. */
async function inGroup(world: World, job: Job, work: () => Promise<void>): Promise<void> {
  while (world.writer !== undefined) await job.turn();
  world.writer = job;
  try {
    await work();
  } finally {
    world.writer = undefined;
  }
}

/** Called when Terraform is about to change the cloud: the claims that must hold at that moment. */
function holdToReview(world: World, run: Run, plan: Plan): void {
  world.applies++;
  const wanted = (by: string) => (run.kind === "deploy" ? by.startsWith("#") : by === `run ${run.id}`);
  for (const key of changeKeys(plan)) {
    const shown = [...(world.reviewed.get(key) ?? [])].filter(wanted);
    if (shown.length === 0) world.faults.push(`run ${run.id} applies what nobody reviewed: ${key}`);
    else if (run.kind === "deploy" && !shown.some((by) => world.isMerged(by))) world.shownByUnmergedOnly++;
  }
  const newer = world.lastWriter?.commit;
  world.lastWriter = run;
  if (newer === undefined || newer === run.commit || !world.history.isAncestor(run.commit, newer)) return;
  // Main may have come back to this configuration since.
  const since = [newer, ...world.history.firstParents(newer, world.main)];
  if (!since.some((commit) => world.digest(commit) === world.digest(run.commit)))
    world.faults.push(`run ${run.id} applies ${short(run.commit)} over the newer ${short(newer)}`);
}

export const short = (commit: string): string => commit.slice(0, 7);

const describe = (planned: { readonly plan: Plan } | string): string =>
  typeof planned === "string" ? planned : changeKeys(planned.plan).join(" ") || "no changes";
