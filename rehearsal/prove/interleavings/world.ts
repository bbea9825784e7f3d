import type { Environment } from "../../../actions/shared/src/contracts/stack-map.ts";
import { parseStackMap, type Stack, stateKey } from "../../../actions/shared/src/contracts/stack-map.ts";
import type { Plan, PlannedChange } from "../../../actions/shared/src/plan-json.ts";
import type { Random } from "../random.ts";
import { configuration, folder, type Resource, type State } from "./cloud.ts";
import { digestOf, History, type Tree } from "./history.ts";
import { MemoryStore } from "./memory-store.ts";
import { type Job, Turns } from "./turns.ts";

export const mapText = `version: 1
project: demo
repository: acme/demo
state: { bucket: state-bucket, region: eu-west-1 }
environments:
  stage: { account: "123456789012", region: eu-west-1 }
stacks:
  app: { environment: stage, folder: ${folder}, paths: ["${folder}/**"] }
`;

export interface PullRequest {
  readonly number: number;
  head: string;
  merged: boolean;
  /** Main's commit that holds it. */
  mergedAs?: string;
  /** Head whose plan, the last one, is green. */
  green: string | undefined;
}

/** A run of the deploy or operate workflow, with what it came to. */
export interface Run {
  readonly id: number;
  readonly kind: "deploy" | "operate";
  readonly commit: string;
  attempt: number;
  /** The word of the last attempt: a stack's status, or why it did not get that far. */
  outcome: string;
  /** Whether detection had found work, so that the failed job alone can be repeated. */
  affected: boolean;
}

/** Everything that the jobs share: repository, object store, cloud, pull requests; and what was ever shown. */
export class World {
  readonly history = new History();
  readonly store = new MemoryStore();
  readonly map = parseStackMap(mapText, "stacks.yml");
  readonly stack: Stack;
  readonly environment: Environment;
  readonly turns = new Turns();
  readonly random: Random;
  readonly pulls: PullRequest[] = [];
  readonly runs: Run[] = [];
  /** Commits of main that started no run. */
  readonly unseen = new Set<string>();
  /** What was shown of each change, by pull requests and by approvals (a run's id). */
  readonly reviewed = new Map<string, Set<string>>();
  readonly log: string[] = [];
  readonly faults: string[] = [];
  cloud: Record<string, Resource> = {};
  /** The cloud as it would be without anybody else's hands in it. */
  undisturbed: Record<string, Omit<Resource, "id">> = {};
  main: string;
  destroyed = false;
  applies = 0;
  /** Changes applied that only a pull request had shown which was not merged, its configuration being the same. */
  shownByUnmergedOnly = 0;
  /** Job that holds the concurrency group of the stack's backend. */
  writer: Job | undefined;
  /** Run whose apply began last. */
  lastWriter: Run | undefined;
  private names = 0;
  private seconds = Date.parse("2026-01-01T00:00:00Z") / 1000;

  constructor(random: Random, first: Tree) {
    this.random = random;
    const stack = this.map.stacks.get("app");
    if (stack === undefined) throw new Error("the map has no stack");
    this.stack = stack;
    this.environment = stack.environment;
    this.main = this.history.commit({ ...first, "stacks.yml": mapText }, []);
    this.unseen.add(this.main);
  }

  name(kind: string): string {
    return `${kind}-${++this.names}`;
  }

  number(): number {
    return ++this.names;
  }

  now(): Date {
    return new Date(++this.seconds * 1000);
  }

  say(line: string): void {
    this.log.push(line);
  }

  private text: State | undefined;

  state(): State | undefined {
    return this.text;
  }

  async saveState(state: State): Promise<void> {
    this.text = state;
    await this.store.write(stateKey(this.stack.backend), JSON.stringify(state), "always");
  }

  /** Does one change of a plan, in the cloud and in what Terraform then knows. */
  make(change: PlannedChange, known: Record<string, Resource>): void {
    const key = change.address.slice("thing.".length);
    delete this.undisturbed[key];
    if (change.after === null) {
      delete this.cloud[key];
      delete known[key];
      return;
    }
    const { kind, value } = change.after as Resource;
    const id = change.actions.includes("create") ? this.name("id") : (known[key]?.id ?? "");
    const made = { id, kind, value };
    this.cloud[key] = made;
    known[key] = made;
    this.undisturbed[key] = { kind, value };
  }

  /** A review is good for one deployment, of its configuration or of a commit that holds its head. */
  spend(commit: string): void {
    for (const { number, head, mergedAs } of this.pulls) {
      if (mergedAs === undefined || !this.history.isAncestor(mergedAs, commit)) continue;
      const deployed = this.digest(mergedAs) === this.digest(commit);
      if (deployed || this.history.isAncestor(head, commit))
        for (const shown of this.reviewed.values()) shown.delete(`#${number}`);
    }
  }

  digest(commit: string): string {
    return digestOf(this.history.tree(commit), folder);
  }

  isMerged(by: string): boolean {
    return this.pulls.some(({ number, merged }) => merged && by === `#${number}`);
  }

  /** Notes that somebody could see this plan: in a pull request, or before approving it. */
  show(plan: Plan, to: string): void {
    for (const key of changeKeys(plan)) this.reviewed.set(key, (this.reviewed.get(key) ?? new Set()).add(to));
  }

  /** What main asks for and neither Terraform nor anybody else's hands explain the lack of. */
  lacking(): string[] {
    const wanted = configuration(this.history.tree(this.main));
    const keys = new Set([
      ...Object.keys(wanted),
      ...Object.keys(this.cloud),
      ...Object.keys(this.undisturbed),
    ]);
    const text = (resource: Omit<Resource, "id"> | undefined) =>
      resource && `${resource.kind}:${resource.value}`;
    // What a killed Terraform made and did not note it knows nothing of, for ever.
    const unknown = (key: string) =>
      wanted[key] === undefined && this.text?.resources[key]?.id !== this.cloud[key]?.id;
    return [...keys].filter(
      (key) =>
        !unknown(key) &&
        text(this.cloud[key]) !== text(wanted[key]) &&
        text(this.undisturbed[key]) !== text(wanted[key]),
    );
  }
}

/** A change as a person sees it; of what goes, which object it is. */
export function changeKeys(plan: Plan): string[] {
  const seen = (value: unknown) =>
    JSON.stringify(value, (_, part) => (typeof part === "symbol" ? "(known after apply)" : part));
  return [
    ...plan.changes.map(({ address, actions, before, after }) => {
      const goes = actions.every((action) => action === "delete");
      if (goes) return seen([address, actions, (before as Resource).id]);
      // Of an update its changed values count, whichever object it is by then.
      const what = (value: unknown) =>
        actions.includes("update") ? { ...(value as Resource), id: "the same" } : value;
      return seen([address, actions, what(before), what(after)]);
    }),
    ...plan.outputs.map(({ name, actions, before, after }) => seen([name, actions, before, after])),
  ];
}
