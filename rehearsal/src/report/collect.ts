import { author, type DataScene, type Rehearsal } from "../rehearsal.ts";
import type { DataFacts } from "../scenario/data.ts";
import type { PullReport, Report } from "./facts.ts";

/** Brings together what the servers and the steps know, also after a step has failed. */
export async function collectReport(rehearsal: Rehearsal, failure: string | undefined): Promise<Report> {
  const { account, map, repository, runs } = rehearsal;
  const data = rehearsal.facts["data"] as DataFacts | undefined;
  return {
    ...(await common(rehearsal, { ...programs, act: ["--version"] })),
    ...{ title: "Rehearsal", failure, data },
    pulls: rehearsal.pulls.map(pullReport),
    runs: runs.map(({ artifacts: _artifacts, ...run }) => run),
    states: await account.states(map.store.bucket).catch(() => []),
    adaptations: repository.adaptations,
  };
}

/** The same for data alone: there is no GitHub, and the states lie beside their stacks. */
export async function collectDataReport(
  scene: DataScene,
  data: DataFacts | undefined,
  failure: string | undefined,
): Promise<Report> {
  const none = { pulls: [], runs: [], states: [], adaptations: [] };
  return { ...(await common(scene, programs)), title: "Data", failure, data, ...none };
}

async function common({ checks, env, map, processes, progress, servers, work }: DataScene, used: Programs) {
  return {
    version: 1 as const,
    repository: map.repository,
    startedAt: new Date(Date.now() - progress.elapsed).toISOString(),
    milliseconds: progress.elapsed,
    steps: progress.steps,
    checks: checks.all,
    access: { calls: Object.fromEntries(servers.aws.calls), denials: servers.aws.denials },
    versions: await versions({ env, processes, work }, used),
  };
}

function pullReport({ pull, title, body, merged, shown }: Rehearsal["pulls"][number]): PullReport {
  return { number: pull.number, title, body, author, branch: pull.branch, head: pull.head, merged, shown };
}

const programs = {
  node: ["--version"],
  terraform: ["version"],
  python: ["--version"],
  git: ["--version"],
} as const;

type Programs = Readonly<Record<string, readonly string[]>>;

async function versions(
  { env, processes, work }: Pick<DataScene, "env" | "processes" | "work">,
  programs: Programs,
): Promise<Record<string, string>> {
  const found = Object.entries(programs).map(async ([program, args]): Promise<[string, string]> => {
    const output = await processes.run(program, args, { cwd: work, env }).catch(() => "");
    return [program, /\d+\.\d+(\.\d+)?/.exec(output)?.[0] ?? "unknown"];
  });
  const modules = await processes
    .run("python", ["-c", "import importlib.metadata as m; print(m.version('moto'), m.version('pyspark'))"], {
      cwd: work,
      env,
    })
    .catch(() => "unknown unknown");
  const [moto = "", pyspark = ""] = modules.trim().split(" ");
  return { ...Object.fromEntries(await Promise.all(found)), moto, pyspark };
}
