import { join } from "node:path";
import type { Stack } from "../../../actions/shared/src/contracts/stack-map.ts";
import type { StateObject } from "../account.ts";
import type { Rehearsal, RunReport } from "../rehearsal.ts";
import { initialized } from "./terraform.ts";

/** Every stack's state lies under its own key, and there is no other. */
export async function checkStates(rehearsal: Rehearsal): Promise<StateObject[]> {
  const { account, checks, map } = rehearsal;
  const states = await account.states(map.store.bucket);
  const expected = [...map.stacks.values()].map(({ backend }) => backend.key).sort();
  checks.equal("each stack's state lies under its own key", states.map(({ key }) => key).sort(), expected);
  const locks = (await account.list(map.store.bucket)).filter(({ key }) => key.endsWith(".tflock"));
  checks.equal("no lock is left", locks, []);
  return states;
}

/** Plans every stack once more, by hand and with the administrator's eyes: nothing may be left to do. */
export async function checkNothingLeft(rehearsal: Rehearsal, run: RunReport): Promise<void> {
  const stacks = [...rehearsal.map.stacks.values()];
  const open = new Map<string, string>();
  await atMost(2, stacks, async (stack) => {
    const output = await planAgain(rehearsal, stack, join(run.artifacts, "assembly"));
    if (output !== undefined) open.set(stack.id, output);
  });
  rehearsal.checks.hold(
    "a second plan of every stack is empty",
    open.size === 0,
    [...open].map(([id, text]) => `${id}:\n${text}`).join("\n"),
  );
}

/** Undefined when there is nothing to do, else what the plan says. */
async function planAgain(rehearsal: Rehearsal, stack: Stack, assembly: string): Promise<string | undefined> {
  const options = await initialized(rehearsal, { stack, assembly, folder: "second-plan" });
  const lines: string[] = [];
  const args = ["plan", "-input=false", "-no-color", "-lock=false", "-detailed-exitcode"];
  const { code } = await rehearsal.processes.start("terraform", args, {
    ...options,
    onLine: (line) => void lines.push(line),
  }).exited;
  return code === 0 ? undefined : lines.join("\n");
}

async function atMost<Item>(
  limit: number,
  items: readonly Item[],
  work: (item: Item) => Promise<void>,
): Promise<void> {
  const open = [...items];
  const worker = async (): Promise<void> => {
    for (let item = open.shift(); item !== undefined; item = open.shift()) await work(item);
  };
  await Promise.all(Array.from({ length: limit }, worker));
}

/** Version of every state object, by key. */
export function versions(states: readonly StateObject[]): Record<string, string> {
  return Object.fromEntries(states.map(({ key, versionId }) => [key, versionId]));
}
