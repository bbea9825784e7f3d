import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { dashed, type Stack } from "../../../actions/shared/src/contracts/stack-map.ts";
import type { DataScene } from "../rehearsal.ts";
import { initialized } from "./terraform.ts";

/** Holds the states of the others; here each state lies beside its stack. */
const stateStack = "global/backend";

/**
 * Synthesizes the checkout as it is and applies every stack but the one for states, as an administrator, each as soon
 * as those are applied that it comes after. Gives the folder of the synthesized stacks.
 */
export async function applyStacks(scene: DataScene): Promise<string> {
  const { map, processes, progress, source, work } = scene;
  const started = Date.now();
  const assembly = join(work, "assembly");
  await processes.run("node", ["infra/synth.ts", "--out", assembly], { cwd: source, env: scene.env });
  progress.done("stacks synthesized", Date.now() - started);
  const stacks = [...map.stacks.values()].filter(({ id }) => id !== stateStack);
  const applied = new Map<string, Promise<void>>();
  const applyInOrder = (stack: Stack): Promise<void> => {
    const known = applied.get(stack.id);
    if (known !== undefined) return known;
    const before = stacks.filter(({ id }) => stack.after.includes(id));
    const done = Promise.all(before.map(applyInOrder)).then(() => applyOne(scene, stack, assembly));
    applied.set(stack.id, done);
    return done;
  };
  await Promise.all(stacks.map(applyInOrder));
  return assembly;
}

async function applyOne(scene: DataScene, stack: Stack, assembly: string): Promise<void> {
  const started = Date.now();
  const options = await initialized(scene, { stack, assembly, folder: "applied", localState: true });
  const output = await scene.processes.run(
    "terraform",
    ["apply", "-input=false", "-no-color", "-auto-approve", "-lock=false"],
    options,
  );
  const logs = join(scene.options.out, "logs");
  await mkdir(logs, { recursive: true });
  await writeFile(join(logs, `data-${dashed(stack.id)}.log`), output);
  scene.progress.done(`${stack.id} applied`, Date.now() - started);
}
