import { Account } from "./account.ts";
import { ensureBundles } from "./bundles.ts";
import { Checks } from "./check.ts";
import { type Options, parseOptions, UsageError, usage } from "./options.ts";
import { Processes } from "./processes.ts";
import { Progress } from "./progress.ts";
import { author, openWorkplace, type Rehearsal, type Workplace } from "./rehearsal.ts";
import { writeReport } from "./report/write.ts";
import { Repository } from "./repository.ts";
import { bootstrap } from "./scenario/bootstrap.ts";
import { rehearse } from "./scenario/rehearse.ts";
import { administrator } from "./servers/aws-front.ts";
import { startServers } from "./servers/servers.ts";

/** Ended by a signal: everything is put away, and the exit code says which. */
class Interrupted extends Error {}

const processes = new Processes();
process.on("exit", () => processes.killAll());

async function main(): Promise<number> {
  const options = readOptions();
  if (options === undefined) return 0;
  const progress = new Progress(process.stdout);
  let over = false;
  const interruption = interrupted();
  interruption.catch(() => {
    over = true;
  });
  const workplace = await openWorkplace();
  const cleanups = new AsyncDisposableStack();
  cleanups.defer(() => workplace.remove());
  cleanups.defer(() => processes.endAll());
  try {
    const work = run(options, { progress, workplace, cleanups, interrupted: () => over });
    work.catch(() => undefined); // It may still fail after an interruption.
    await Promise.race([work, interruption]);
    if (options.keep) await interruption.catch(() => undefined);
    return 0;
  } catch (error) {
    if (error instanceof Interrupted) progress.plain("\nInterrupted; ending everything that was started.");
    else progress.plain(`\n${explain(error)}`);
    return error instanceof Interrupted ? 130 : 1;
  } finally {
    await cleanups.disposeAsync();
  }
}

/** Undefined when only help was asked for. */
function readOptions(): Options | undefined {
  try {
    const options = parseOptions(process.argv.slice(2), process.env["INIT_CWD"] ?? process.cwd());
    if (options === undefined) process.stdout.write(usage());
    return options;
  } catch (error) {
    if (!isUsageError(error)) throw error;
    process.stderr.write(`${error.message}\nnpm start -- --help tells all options.\n`);
    return process.exit(2);
  }
}

function isUsageError(error: unknown): error is Error {
  const { code = "" } = error as { code?: string };
  return error instanceof UsageError || code.startsWith("ERR_PARSE_ARGS");
}

function interrupted(): Promise<never> {
  const promise = new Promise<never>((_, reject) => {
    for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const)
      process.on(signal, () => reject(new Interrupted(signal)));
  });
  promise.catch(() => undefined);
  return promise;
}

async function reportFailure(rehearsal: Rehearsal, error: unknown): Promise<void> {
  const { progress } = rehearsal;
  progress.plain(denied(rehearsal));
  await writeReport(rehearsal, explain(error) + denied(rehearsal)).catch((fault: Error) =>
    progress.plain(`No report: ${fault.message}`),
  );
}

/** What AWS denied, which is often why something failed that does not say so. */
function denied({ servers }: Rehearsal): string {
  const last = servers.aws.denials
    .slice(-5)
    .map(({ caller, action, resource }) => `\n  ${action} on ${resource}, to ${caller}`);
  return last.length === 0 ? "" : `\nAWS denied at last:${last.join("")}`;
}

function explain(error: unknown): string {
  return error instanceof Error
    ? process.env["REHEARSAL_DEBUG"] === undefined
      ? error.message
      : (error.stack ?? "")
    : String(error);
}

interface Surroundings {
  readonly progress: Progress;
  readonly workplace: Workplace;
  readonly cleanups: AsyncDisposableStack;
  readonly interrupted: () => boolean;
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
  { progress, workplace, cleanups }: Surroundings,
): Promise<Rehearsal> {
  const { source, work, env, map } = workplace;
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
    copyRepository(progress, workplace),
  ]);
  cleanups.defer(() => servers.close());
  const ofAdministrator = new Account(servers.aws.url, map.store.region);
  cleanups.defer(() => ofAdministrator.close());
  return {
    ...{ options, source, work, env, map, processes, progress, checks: new Checks(progress) },
    ...{ servers, account: ofAdministrator, repository, runs: [], pulls: [], facts: {} },
  };
}

async function copyRepository(progress: Progress, { source, work, env }: Workplace): Promise<Repository> {
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
  progress.plain(`
The servers stay up until Ctrl-C. To look around:

  export AWS_ENDPOINT_URL=${servers.aws.url} AWS_REGION=${map.store.region}
  export AWS_ACCESS_KEY_ID=${administrator.accessKeyId} AWS_SECRET_ACCESS_KEY=${administrator.secretAccessKey}
  export GITHUB_API_URL=${servers.github.url}
`);
}

// What is still under way after an interruption must not hold the process.
process.exit(await main());
