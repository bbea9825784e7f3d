import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { Inputs as ApplyInputs } from "../../actions/apply/src/inputs.ts";
import { run as apply } from "../../actions/apply/src/run.ts";
import { detect } from "../../actions/detect-changes/test/scene.ts";
import { Inputs as PlanInputs } from "../../actions/plan/src/inputs.ts";
import { run as plan } from "../../actions/plan/src/run.ts";
import { Git } from "../../actions/shared/src/adapters/git.ts";
import { configurationDigest } from "../../actions/shared/src/configuration-digest.ts";
import { markerKey } from "../../actions/shared/src/contracts/plan-record.ts";
import type { StackResult } from "../../actions/shared/src/contracts/stack-result.ts";
import { concerns } from "../../actions/shared/src/path-filters.ts";
import type { RunContext } from "../../actions/shared/src/ports/run-context.ts";
import { TemporaryRepository } from "../../actions/shared/test/temporary-repository.ts";
import { configuration, folder } from "../prove/interleavings/cloud.ts";
import { fakeTerraform, type Mishap } from "../prove/interleavings/fake-terraform.ts";
import { hash } from "../prove/interleavings/history.ts";
import { mapText, World } from "../prove/interleavings/world.ts";
import { Random } from "../prove/random.ts";

/** Real git and the real code of the actions on one stack; only Terraform, and the cloud behind it, are in memory. */
export class MergeScene implements Disposable {
  readonly repository = TemporaryRepository.create({ "map.yml": mapText, [`${folder}/a`]: "x:0" });
  private readonly world = new World(new Random(1), {});
  private runs = 0;

  get main(): string {
    return this.repository.git("rev-parse", "main");
  }

  /** What is deployed, as the files would say it. */
  get deployed(): Readonly<Record<string, string>> {
    return Object.fromEntries(
      Object.entries(this.world.cloud).map(([key, { kind, value }]) => [key, `${kind}:${value}`]),
    );
  }

  /** A branch of main's head, or of another commit, with these files; null removes one. */
  branch(name: string, files: Readonly<Record<string, string | null>>, from = "main"): void {
    const { repository } = this;
    repository.git("checkout", "--quiet", "-b", name, from);
    for (const [key, content] of Object.entries(files))
      if (content === null) repository.git("rm", "--quiet", `${folder}/${key}`);
      else repository.write({ [`${folder}/${key}`]: content });
    repository.commit({}, name);
  }

  push(files: Readonly<Record<string, string>>): void {
    this.repository.git("checkout", "--quiet", "main");
    this.repository.commit(
      Object.fromEntries(Object.entries(files).map(([key, text]) => [`${folder}/${key}`, text])),
    );
  }

  merge(branch: string, how: "merge" | "squash" | "rebase" | "cherry-pick"): void {
    const { repository } = this;
    repository.git("checkout", "--quiet", "main");
    if (how === "merge") repository.git("merge", "--quiet", "--no-ff", "--message", branch, branch);
    else if (how === "squash") {
      repository.git("merge", "--quiet", "--squash", branch);
      repository.commit({}, branch);
    } else repository.git("cherry-pick", how === "rebase" ? `main..${branch}` : branch);
  }

  revertHead(): void {
    this.repository.git("checkout", "--quiet", "main");
    this.repository.git("revert", "--no-edit", "HEAD");
  }

  /** Plans a pull request as it would be merged now. */
  async plan(branch: string, pullRequest: number): Promise<StackResult["status"]> {
    const base = this.main;
    const head = this.repository.git("rev-parse", branch);
    const commit = this.repository.checkOutMerge(branch);
    const { deps, results } = this.deps({ commit, head, base, pullRequest });
    await plan(parse(PlanInputs, { stacks: "app" }), deps).catch(() => {});
    return results[0]?.status ?? "failed";
  }

  /** The deploy run of a commit of main: what detection says, or the result's status. */
  async deploy(commit = this.main, mishap?: Mishap): Promise<string> {
    this.repository.git("checkout", "--quiet", "--detach", commit);
    const push = { name: "push", before: undefined } as const;
    const { detection } = await detect(this.repository, push, {
      inputs: { map: "map.yml", compare: "markers" },
      deps: {
        openMarkers: () => async () => async (stack) => (await this.world.store.read(markerKey(stack)))?.body,
      },
    });
    if (detection.affected.length === 0) return "nothing to do";
    return this.apply(commit, mishap);
  }

  /** The failed job of an earlier deploy run again, without its detection. */
  async apply(commit: string, mishap?: Mishap): Promise<string> {
    this.repository.git("checkout", "--quiet", "--detach", commit);
    const context = { commit, head: commit, base: undefined, pullRequest: undefined };
    const { deps, results } = this.deps(context, mishap);
    await apply(parse(ApplyInputs, { stacks: "app" }), deps).catch(() => {});
    return results[0]?.status ?? "failed";
  }

  private deps(context: Omit<RunContext, "run">, mishap?: Mishap) {
    const { world, repository } = this;
    const id = String(++this.runs);
    const results: StackResult[] = [];
    const git = new Git(repository.folder);
    const files = readdirSync(join(repository.folder, folder)).map((name): [string, string] => [
      `${folder}/${name}`,
      readFileSync(join(repository.folder, folder, name), "utf8"),
    ]);
    const deps = {
      map: world.map,
      context: { ...context, run: { id, attempt: 1, url: `https://github.com/run/${id}`, workflow: "" } },
      terraform: fakeTerraform({
        world,
        job: { name: id, turn: async () => {}, kill: () => {} },
        tree: Object.fromEntries(files),
        mishap,
        planned: () => {},
        applying: () => {},
        cancelled: () => {},
      }),
      clock: { now: () => world.now(), sleep: async () => {} },
      log: () => {},
      interrupted: () => false,
      saveResult: async (result: StackResult) => void results.push(result),
      credentials: async () => undefined,
      openStore: async () => world.store,
      readLock: async () => ({ status: "free" as const }),
      digest: () => configurationDigest(repository.folder, world.stack),
      providerLock: async () => undefined,
      treeOf: (commit: string) => git.treeOf(commit),
      history: git,
      mainHead: async () => this.main,
      concerns,
      randomKey: () => hash(id),
      inFlight: () => {},
      summary: async () => {},
    };
    return { deps, results };
  }

  /** Whether main is deployed. */
  get settled(): boolean {
    this.repository.git("checkout", "--quiet", "--detach", "main");
    const names = readdirSync(join(this.repository.folder, folder));
    const tree = names.map((name) => [
      `${folder}/${name}`,
      readFileSync(join(this.repository.folder, folder, name), "utf8"),
    ]);
    const wanted = configuration(Object.fromEntries(tree));
    const text = (all: object) => JSON.stringify(Object.entries(all).sort());
    return (
      text(this.deployed) ===
      text(
        Object.fromEntries(Object.entries(wanted).map(([key, { kind, value }]) => [key, `${kind}:${value}`])),
      )
    );
  }

  [Symbol.dispose](): void {
    this.repository[Symbol.dispose]();
  }
}

function parse<Schema extends { readonly shape: object; parse(given: object): unknown }>(
  schema: Schema,
  given: Readonly<Record<string, string>>,
): ReturnType<Schema["parse"]> {
  const empty = Object.fromEntries(Object.keys(schema.shape).map((name) => [name, ""]));
  return schema.parse({ ...empty, ...given }) as ReturnType<Schema["parse"]>;
}
