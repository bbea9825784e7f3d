import { Account } from "./account.ts";
import { ensureBundles } from "./bundles.ts";
import { Checks } from "./check.ts";
import { type Options, parseCommandLine } from "./options.ts";
import { explain, howToReach, runProgram, type Surroundings } from "./program.ts";
import { author, type Rehearsal } from "./rehearsal.ts";
import { denied } from "./report/denied.ts";
import { writeReport } from "./report/write.ts";
import { Repository } from "./repository.ts";
import { bootstrap } from "./scenario/bootstrap.ts";
import { prepareInput } from "./scenario/input.ts";
import { rehearse } from "./scenario/rehearse.ts";
import { startServers } from "./servers/servers.ts";

async function reportFailure(rehearsal: Rehearsal, error: unknown): Promise<void> {
  const { progress } = rehearsal;
  progress.plain(denied(rehearsal.servers.aws));
  await writeReport(rehearsal, explain(error) + denied(rehearsal.servers.aws)).catch((fault: Error) =>
    progress.plain(`No report: ${fault.message}`),
  );
}

async function run(options: Options, surroundings: Surroundings): Promise<void> {
  const { progress } = surroundings;
  let rehearsal: Rehearsal | undefined;
  try {
    const ready = await progress.step("Servers start, an administrator bootstraps the account", async () => {
      rehearsal = await prepare(options, surroundings);
      await bootstrap(rehearsal);
      return rehearsal;
    });
    await rehearse(ready);
    await writeReport(ready);
    if (options.keep) showServers(ready);
  } catch (error) {
    if (rehearsal !== undefined && !surroundings.interrupted()) await reportFailure(rehearsal, error);
    throw error;
  }
}

async function prepare(
  options: Options,
  { processes, progress, workplace, cleanups }: Surroundings,
): Promise<Rehearsal> {
  const { source, work, env, map } = workplace;
  const input = await prepareInput({ options, source, work });
  const account = [...map.environments.values()][0]?.account ?? "";
  const [servers, repository] = await Promise.all([
    startServers(processes, {
      repository: map.repository,
      author,
      account,
      cwd: work,
      env,
      log: () => undefined,
    }),
    copyRepository({ processes, progress, workplace }),
  ]);
  cleanups.defer(() => servers.close());
  const ofAdministrator = new Account(servers.aws.url, map.store.region);
  cleanups.defer(() => ofAdministrator.close());
  return {
    ...{ options, source, work, env, map, processes, progress, checks: new Checks(progress), input },
    ...{ servers, account: ofAdministrator, repository, runs: [], pulls: [], facts: {} },
  };
}

async function copyRepository({
  processes,
  progress,
  workplace,
}: Pick<Surroundings, "processes" | "progress" | "workplace">): Promise<Repository> {
  const { source, work, env } = workplace;
  return Repository.create(processes, {
    source,
    work,
    env,
    prepare: async (repository) => {
      const built = await ensureBundles(processes, progress, { tree: repository.tree, source, env });
      if (!built) return;
      const why = "the checkout had no built bundles (npm run build)";
      repository.adaptations.push({ file: "actions/*/dist", what: "bundles built from the sources", why });
    },
  });
}

function showServers({ map, progress, servers }: Rehearsal): void {
  progress.plain(`${howToReach(servers.aws.url, map.store.region)}
  export GITHUB_API_URL=${servers.github.url}
`);
}

// What is still under way after an interruption must not hold the process.
process.exit(await runProgram({ command: "npm start", parse: () => parseCommandLine("main"), run }));
