import { isMap, isScalar, isSeq, parseDocument, type YAMLMap } from "yaml";

/** One change to the copy that is rehearsed. This file is the only place that makes any. */
export interface Adaptation {
  readonly file: string;
  /** Undefined: the workflow as a whole, or no workflow. */
  readonly job?: string | undefined;
  readonly what: string;
  readonly why: string;
}

export interface AdaptedWorkflow {
  readonly text: string;
  readonly adaptations: readonly Adaptation[];
  /** Actions from elsewhere, as they stand behind `uses:`. */
  readonly actions: readonly string[];
}

const reasons = {
  queue: "act does not know `queue`; the runs follow one another here anyway",
  token:
    "act issues no OIDC tokens; this points the job at the rehearsal's issuer, and only jobs with `id-token: write`",
  install: "the same packages, by the same lock file, are installed in the checkout already",
  sibling: "act knows actions of the repository only as `./`",
} as const;

/** Adapts one workflow file for act. Everything else in it stays as it is. */
export function adaptWorkflow(file: string, text: string): AdaptedWorkflow {
  const document = parseDocument(text);
  const fault = document.errors[0];
  if (fault !== undefined) throw new Error(`${file}: ${fault.message}`);
  const root = document.contents;
  if (!isMap(root)) throw new Error(`${file} is no workflow`);
  const adaptations: Adaptation[] = [];
  const note = (what: string, why: string, job?: string): void =>
    void adaptations.push({ file, job, what, why });
  const actions = new Set<string>();
  if (dropQueue(root)) note("`concurrency.queue` dropped", reasons.queue);
  for (const { key, value: job } of mapItems(root.get("jobs"))) {
    if (dropQueue(job)) note("`concurrency.queue` dropped", reasons.queue, key);
    if (giveTokens(job)) note("address and key of the token service in its environment", reasons.token, key);
    const steps = job.get("steps");
    for (const step of isSeq(steps) ? steps.items.filter(isMap) : []) {
      if (linkPackages(step))
        note("`npm ci` replaced by a link to the installed packages", reasons.install, key);
      if (nameSibling(step)) note("`$/` written as `./`", reasons.sibling, key);
      const uses = step.get("uses");
      if (typeof uses === "string" && !uses.startsWith("./")) actions.add(uses);
    }
  }
  return {
    text: adaptations.length === 0 ? text : document.toString({ lineWidth: 0 }),
    adaptations,
    actions: [...actions],
  };
}

function mapItems(value: unknown): { key: string; value: YAMLMap }[] {
  if (!isMap(value)) return [];
  return value.items.flatMap((pair) =>
    isMap(pair.value)
      ? [{ key: String(isScalar(pair.key) ? pair.key.value : pair.key), value: pair.value }]
      : [],
  );
}

function dropQueue(holder: YAMLMap): boolean {
  const concurrency = holder.get("concurrency");
  return isMap(concurrency) && concurrency.delete("queue");
}

function giveTokens(job: YAMLMap): boolean {
  const permissions = job.get("permissions");
  if (!isMap(permissions) || permissions.get("id-token") !== "write") return false;
  const given = job.get("environment");
  const environment = isMap(given) ? given.get("name") : given;
  const query = typeof environment === "string" ? `&environment=${environment}` : "";
  job.setIn(["env", "ACTIONS_ID_TOKEN_REQUEST_URL"], `\${{ vars.REHEARSAL_TOKEN_URL }}${query}`);
  job.setIn(["env", "ACTIONS_ID_TOKEN_REQUEST_TOKEN"], "${{ secrets.REHEARSAL_REQUEST_TOKEN }}");
  return true;
}

function linkPackages(step: YAMLMap): boolean {
  const run = step.get("run");
  if (typeof run !== "string" || !/^npm ci\b.*$/m.test(run)) return false;
  step.set("run", run.replace(/^npm ci\b.*$/m, 'ln -s "$REHEARSAL_NODE_MODULES" node_modules'));
  return true;
}

function nameSibling(step: YAMLMap): boolean {
  const uses = step.get("uses");
  if (typeof uses !== "string" || !uses.startsWith("$/")) return false;
  step.set("uses", `./${uses.slice(2)}`);
  return true;
}
