import type { Random } from "../random.ts";
import { folder } from "./cloud.ts";
import { act } from "./people.ts";
import { deploy, operate } from "./workflows.ts";
import { World } from "./world.ts";

export interface Outcome {
  readonly faults: readonly string[];
  readonly log: readonly string[];
  readonly applies: number;
  readonly refusals: number;
  readonly shownByUnmergedOnly: number;
}

/** One interleaving of two or three pull requests on one stack, and what must hold in the end. */
export async function runTrial(random: Random): Promise<Outcome> {
  const world = new World(random, { [`${folder}/a`]: "x:0", [`${folder}/b`]: "x:1" });
  const pulls = random.chance(0.25) ? 3 : 2;
  await firstDeployment(world);
  for (let count = 4 + random.below(10); count > 0; count--) {
    await act(world, pulls);
    await world.turns.run(random, random.pick([0, 3, 10, 40]));
  }
  await settle(world);
  await checkReported(world);
  await checkNotJammed(world);
  if (world.turns.fault !== undefined)
    throw new Error("a job failed in a way that it does not expect", { cause: world.turns.fault });
  const refusals = world.runs.filter(({ outcome }) => ["refused", "unreviewed"].includes(outcome)).length;
  const { faults, log, applies, shownByUnmergedOnly } = world;
  return { faults, log, applies, refusals, shownByUnmergedOnly };
}

async function settle(world: World): Promise<void> {
  while (!world.turns.idle) await world.turns.run(world.random, 1000);
}

/** Most stacks are there already. */
async function firstDeployment(world: World): Promise<void> {
  if (world.random.chance(0.2)) return;
  await operate(world, { operation: "apply", approved: true });
  await settle(world);
}

const reported = ["refused", "unreviewed", "failed", "locked", "killed", "cancelled while it waits"];

/** When every run is over, main is deployed, or a run of main's head said that it is not. */
async function checkReported(world: World): Promise<void> {
  const lacking = world.lacking();
  const told =
    (world.lastWriter?.kind === "operate" && reported.includes(world.lastWriter.outcome)) ||
    world.runs.some(({ commit, outcome }) => commit === world.main && reported.includes(outcome));
  if (lacking.length > 0 && !told && !world.unseen.has(world.main) && !world.destroyed)
    world.faults.push(`dropped without a word: ${lacking.join(", ")} of main's ${world.main.slice(0, 7)}`);
  world.say("-- deploy of main's head, once everything is settled");
  await deploy(world, undefined);
  await settle(world);
  const outcome = world.runs.at(-1)?.outcome ?? "";
  const left = world.lacking();
  if (left.length > 0 && !reported.includes(outcome) && !world.destroyed)
    world.faults.push(
      `the deploy of main's head says "${outcome}", though ${left.join(", ")} is not deployed`,
    );
}

/** A person can always bring the stack to what main says. */
async function checkNotJammed(world: World): Promise<void> {
  world.say("-- by hand, approved");
  const { outcome } = await operateAndSettle(world);
  const left = world.lacking();
  if (left.length > 0)
    world.faults.push(`by hand it is "${outcome()}", and ${left.join(", ")} is not deployed`);
}

async function operateAndSettle(world: World): Promise<{ readonly outcome: () => string }> {
  const run = await operate(world, { operation: "apply", approved: true });
  await settle(world);
  return { outcome: () => run.outcome };
}
