import { folder } from "./cloud.ts";
import type { Mishap } from "./fake-terraform.ts";
import { merge, type Tree } from "./history.ts";
import { attempt, deploy, mergeQueue, operate, planPullRequest, short } from "./workflows.ts";
import type { PullRequest, World } from "./world.ts";

/** What people do, chosen at random. */

const keys = ["a", "b", "c", "d"] as const;

function edit(world: World, tree: Tree): Tree {
  const { random } = world;
  const edited: Record<string, string> = { ...tree };
  for (let count = 1 + random.below(2); count > 0; count--) {
    const path = random.chance(0.1) ? "README.md" : `${folder}/${random.pick(keys)}`;
    if (edited[path] !== undefined && random.chance(0.35)) delete edited[path];
    else edited[path] = `${random.pick(["x", "x", "x", "y"])}:${random.below(3)}`;
  }
  return edited;
}

async function open(world: World): Promise<void> {
  const { history, main, pulls } = world;
  const from = world.random.chance(0.2) ? (history.parents(main)[0] ?? main) : main;
  const head = history.commit(edit(world, history.tree(from)), [from]);
  const pull: PullRequest = { number: pulls.length + 1, head, merged: false, green: undefined };
  pulls.push(pull);
  world.say(`#${pull.number} opened at ${short(head)} from ${short(from)}`);
  await planPullRequest(world, pull);
}

/** Undoes what main last brought, as a pull request of its own. */
async function revert(world: World): Promise<void> {
  const { history, main, pulls } = world;
  const [before] = history.parents(main);
  if (before === undefined) return;
  const head = history.commit(history.tree(before), [main]);
  const pull: PullRequest = { number: pulls.length + 1, head, merged: false, green: undefined };
  pulls.push(pull);
  world.say(`#${pull.number} opened to revert ${short(main)}`);
  await planPullRequest(world, pull);
}

async function push(world: World, pull: PullRequest): Promise<void> {
  const { history } = world;
  const merged = world.random.chance(0.3) ? history.mergedTree(pull.head, world.main) : undefined;
  pull.head =
    merged === undefined
      ? history.commit(edit(world, history.tree(pull.head)), [pull.head])
      : history.commit(merged, [pull.head, world.main]);
  world.say(
    `#${pull.number} pushed ${short(pull.head)}${merged === undefined ? "" : ", an update from main"}`,
  );
  await planPullRequest(world, pull);
}

async function mergePull(world: World, pull: PullRequest): Promise<void> {
  const { history, main, random } = world;
  const bypassed = pull.green !== pull.head;
  const tree = history.mergedTree(main, pull.head);
  if (tree === undefined || (bypassed && !random.chance(0.15))) return;
  const how = random.pick(["merge", "squash", "rebase"]);
  world.main =
    how === "rebase"
      ? rebase(world, pull)
      : history.commit(tree, how === "merge" ? [main, pull.head] : [main]);
  Object.assign(pull, { merged: true, mergedAs: world.main });
  world.say(
    `#${pull.number} merged (${how}${bypassed ? ", checks bypassed" : ""}): main is ${short(world.main)}`,
  );
  await pushed(world);
}

/** Each commit of the branch anew on main; a merge of main into it goes. */
function rebase({ history, main }: World, pull: PullRequest): string {
  let onto = main;
  const own: string[] = [];
  let at: string | undefined = pull.head;
  while (at !== undefined && !history.isAncestor(at, main)) {
    own.push(at);
    at = history.parents(at)[0];
  }
  for (const commit of own.reverse()) {
    const [parent = commit] = history.parents(commit);
    const tree = merge(history.tree(parent), history.tree(onto), history.tree(commit));
    if (tree !== undefined && history.parents(commit).length === 1) onto = history.commit(tree, [onto]);
  }
  const whole = history.mergedTree(main, pull.head);
  const same = JSON.stringify(Object.entries(history.tree(onto)).sort());
  return whole !== undefined && same === JSON.stringify(Object.entries(whole).sort())
    ? onto
    : history.commit(whole ?? history.tree(main), [main]);
}

/** Every pull request that is green goes into the queue together. */
async function enqueue(world: World): Promise<void> {
  const ready = world.pulls.filter(({ merged, green, head }) => !merged && green === head);
  if (ready.length > 0) await mergeQueue(world, ready, () => pushed(world));
}

async function directPush(world: World): Promise<void> {
  const { history, main, random } = world;
  const older = history.parents(history.parents(main)[0] ?? main)[0];
  const tree =
    older !== undefined && random.chance(0.4) ? history.tree(older) : edit(world, history.tree(main));
  world.main = history.commit(tree, [main]);
  world.say(`pushed to main: ${short(world.main)}`);
  await pushed(world);
}

/** A push by a workflow's own token starts no run. */
async function pushed(world: World): Promise<void> {
  if (world.random.chance(0.05)) {
    world.unseen.add(world.main);
    return world.say("  no run: the workflow's own token pushed");
  }
  await deploy(world, mishap(world));
}

function mishap(world: World): Mishap | "cancelled while it waits" | undefined {
  const { random } = world;
  if (random.chance(0.65)) return undefined;
  const kinds = ["error", "cancelled", "killed", "killed before the state was written"] as const;
  return random.chance(0.15)
    ? "cancelled while it waits"
    : { kind: random.pick(kinds), after: random.below(3) };
}

async function repeat(world: World): Promise<void> {
  const over = world.runs.filter(({ outcome }) => outcome !== "running");
  const [first, ...rest] = over;
  if (first === undefined) return;
  const run = world.random.pick([first, ...rest]);
  const everything = !run.affected || world.random.chance(0.5);
  world.say(`deploy ${run.id} repeated${everything ? "" : " (the failed job)"}`);
  await attempt(world, run, { mishap: mishap(world), everything });
}

async function byHand(world: World): Promise<void> {
  const { random } = world;
  const befalls = mishap(world);
  await operate(world, {
    operation: random.chance(0.2) ? "destroy" : "apply",
    approved: random.chance(0.8),
    mishap: typeof befalls === "string" ? undefined : befalls,
  });
}

/** Somebody changes or removes an object past Terraform. */
function drift(world: World): void {
  const [first, ...rest] = Object.keys(world.cloud);
  if (first === undefined) return;
  const key = world.random.pick([first, ...rest]);
  const resource = world.cloud[key];
  if (resource === undefined || world.random.chance(0.4)) delete world.cloud[key];
  else world.cloud[key] = { ...resource, value: "drifted" };
  world.say(`somebody ${world.cloud[key] === undefined ? "removed" : "altered"} ${key} by hand`);
}

/** One thing that somebody does, of those that are possible now. */
export async function act(world: World, mostPulls: number): Promise<void> {
  const { random } = world;
  const waiting = world.pulls.filter(({ merged }) => !merged);
  const [first, ...rest] = waiting;
  const draw = random.next();
  if (first === undefined || (world.pulls.length < mostPulls && draw < 0.25)) {
    if (world.pulls.length >= mostPulls) return draw < 0.5 ? await directPush(world) : await repeat(world);
    return random.chance(0.2) ? await revert(world) : await open(world);
  }
  const pull = random.pick([first, ...rest]);
  if (draw < 0.42) return await mergePull(world, pull);
  if (draw < 0.5) return await enqueue(world);
  if (draw < 0.6) return await push(world, pull);
  if (draw < 0.68) return await planPullRequest(world, pull);
  if (draw < 0.76) return await repeat(world);
  if (draw < 0.84) return await directPush(world);
  if (draw < 0.92) return await byHand(world);
  drift(world);
}
