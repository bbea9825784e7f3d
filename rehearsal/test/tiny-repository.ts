import { execFileSync } from "node:child_process";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { parseStackMap } from "../../actions/shared/src/contracts/stack-map.ts";
import { Account } from "../src/account.ts";
import { Checks } from "../src/check.ts";
import { machineEnvironment } from "../src/machine.ts";
import { Processes } from "../src/processes.ts";
import { Progress } from "../src/progress.ts";
import type { Rehearsal } from "../src/rehearsal.ts";
import { Repository } from "../src/repository.ts";
import { startServers } from "../src/servers/servers.ts";

export const tinyMap = `version: 1
project: tiny
repository: acme/tiny
state: { bucket: tiny-state, region: eu-west-1, table: tiny-locks }
environments:
  stage: { account: "123456789012", region: eu-west-1 }
stacks:
  global/backend: { environment: stage, paths: [infra/**] }
  stage/one: { environment: stage, paths: [infra/stage/**] }
`;

export interface Tiny extends AsyncDisposable {
  readonly rehearsal: Rehearsal;
  readonly lines: string[];
}

/** A rehearsal with everything real but the repository, which has only these files. */
export async function tinyRehearsal(files: Readonly<Record<string, string>>): Promise<Tiny> {
  const work = await mkdtemp(join(tmpdir(), "tiny-"));
  const source = join(work, "source");
  for (const [name, text] of Object.entries({ ".github/stacks.yml": tinyMap, ...files })) {
    await mkdir(dirname(join(source, name)), { recursive: true });
    await writeFile(join(source, name), text);
  }
  for (const folder of ["home", "tmp"]) await mkdir(join(work, folder));
  execFileSync("git", ["init", "--quiet", source]);
  const env = machineEnvironment(work, process.env);
  const processes = new Processes();
  const lines: string[] = [];
  const progress = new Progress({ write: (text) => lines.push(text) });
  const map = parseStackMap(tinyMap, "stacks.yml");
  const servers = await startServers(processes, {
    repository: map.repository,
    author: "ada",
    account: "123456789012",
    cwd: work,
    env,
    log: () => undefined,
  });
  const repository = await Repository.create(processes, { source, work, env });
  const account = new Account(servers.aws.url, map.store.region);
  const options = { events: [], hour: undefined, keep: false, out: work, until: undefined, thorough: false };
  const input = { origin: "none", archive: work, hours: [] };
  return {
    rehearsal: {
      ...{ options, source, work, env, map, processes, progress, servers, account, repository, input },
      ...{ checks: new Checks(progress), runs: [], pulls: [], facts: {} },
    },
    lines,
    [Symbol.asyncDispose]: async () => {
      await servers.close();
      await processes.endAll();
      await rm(work, { recursive: true, force: true });
    },
  };
}
