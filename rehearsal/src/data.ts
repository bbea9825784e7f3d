// npm run data: what the rehearsal does with data, without GitHub and its workflows.
import { Account } from "./account.ts";
import { Checks } from "./check.ts";
import { type Options, parseCommandLine } from "./options.ts";
import { explain, howToReach, runProgram, type Surroundings } from "./program.ts";
import type { DataScene } from "./rehearsal.ts";
import { collectDataReport } from "./report/collect.ts";
import { denied } from "./report/denied.ts";
import { writePage } from "./report/write.ts";
import { applyStacks } from "./scenario/apply-stacks.ts";
import { type DataFacts, moveData } from "./scenario/data.ts";
import { prepareInput } from "./scenario/input.ts";
import { startAws } from "./servers/servers.ts";

async function run(options: Options, surroundings: Surroundings): Promise<void> {
  const { progress } = surroundings;
  let scene: DataScene | undefined;
  try {
    const ready = await progress.step("AWS starts", () => prepare(options, surroundings));
    scene = ready;
    const assembly = await progress.step("An administrator applies the stacks", () => applyStacks(ready));
    const data = await progress.step("Data flows", () => moveData(ready, assembly));
    await report(ready, data, undefined);
    if (options.keep) progress.plain(`${howToReach(ready.servers.aws.url, ready.map.store.region)}\n`);
  } catch (error) {
    if (scene !== undefined && !surroundings.interrupted()) await reportFailure(scene, error);
    throw error;
  }
}

async function prepare(options: Options, surroundings: Surroundings): Promise<DataScene> {
  const { processes, progress, workplace, cleanups } = surroundings;
  const { source, work, env, map } = workplace;
  const input = await prepareInput({ options, source, work });
  const account = [...map.environments.values()][0]?.account ?? "";
  const servers = await startAws(processes, { account, cwd: work, env, log: () => undefined });
  cleanups.defer(() => servers.close());
  const ofAdministrator = new Account(servers.aws.url, map.store.region);
  cleanups.defer(() => ofAdministrator.close());
  const checks = new Checks(progress);
  return {
    ...{ options, source, work, env, map, processes, progress, checks, input, servers },
    account: ofAdministrator,
  };
}

async function report(scene: DataScene, data: DataFacts | undefined, failure: string | undefined) {
  await writePage(scene, "data", await collectDataReport(scene, data, failure));
}

async function reportFailure(scene: DataScene, error: unknown): Promise<void> {
  const { progress, servers } = scene;
  const why = denied(servers.aws);
  progress.plain(why);
  await report(scene, undefined, explain(error) + why).catch((fault: Error) =>
    progress.plain(`No report: ${fault.message}`),
  );
}

// What is still under way after an interruption must not hold the process.
process.exit(await runProgram({ command: "npm run data", parse: () => parseCommandLine("data"), run }));
