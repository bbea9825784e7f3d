import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { Git } from "../../shared/src/adapters/git.ts";
import { terraformClosure } from "../../shared/src/closure.ts";
import { configurationDigest } from "../../shared/src/configuration-digest.ts";
import type { Detection } from "../../shared/src/contracts/detection.ts";
import type { WorkflowEvent } from "../../shared/src/workflow-event.ts";
import type { TemporaryRepository } from "../../shared/test/temporary-repository.ts";
import { Inputs } from "../src/inputs.ts";
import { type Deps, run } from "../src/run.ts";

/** A stack map with these stacks, given as YAML below `stacks:`. */
export function mapText(stacks: string): string {
  return `version: 1
project: demo
repository: acme/demo
state: { bucket: demo-state, region: eu-west-1 }
environments:
  global: { account: "123456789012", region: eu-west-1, plan-role: "arn:aws:iam::123456789012:role/demo-plan-global" }
  stage: { account: "123456789012", region: eu-west-1, plan-role: "arn:aws:iam::123456789012:role/demo-plan-stage" }
stacks:
${stacks.replaceAll(/^(?=.)/gm, "  ")}`;
}

/** Writes an assembly as synthesis would: one folder a stack. */
export function synthesize(
  repository: TemporaryRepository,
  contents: Readonly<Record<string, string>>,
  folder = "cdktf.out",
): void {
  for (const [stack, content] of Object.entries(contents))
    repository.write({ [`${folder}/stacks/${stack.replaceAll("/", "-")}/cdk.tf.json`]: content });
}

export interface Outcome {
  readonly outputs: Readonly<Record<string, string>>;
  readonly detection: Detection;
  readonly warnings: readonly string[];
  readonly summary: string;
}

/** Runs detection in a repository with everything real but the event and the markers. */
export async function detect(
  repository: TemporaryRepository,
  event: WorkflowEvent,
  {
    inputs = {},
    deps = {},
  }: { readonly inputs?: Record<string, string>; readonly deps?: Partial<Deps> } = {},
): Promise<Outcome> {
  const empty = Object.fromEntries(Object.keys(Inputs.shape).map((name) => [name, ""]));
  const warnings: string[] = [];
  let detection: Detection | undefined;
  let summary = "";
  const base = join(repository.folder, "base.out");
  const outputs = await run(Inputs.parse({ ...empty, ...inputs }), {
    event,
    git: new Git(repository.folder),
    readFile: (path) => readFile(join(repository.folder, path), "utf8"),
    headDigest: (stack) => configurationDigest(repository.folder, stack),
    baseDigest: existsSync(base)
      ? async (stack) => {
          const folder = stack.folder.replace("cdktf.out/", "");
          return existsSync(join(base, folder))
            ? await configurationDigest(base, { ...stack, folder })
            : undefined;
        }
      : undefined,
    closure: (folder) => terraformClosure(repository.folder, folder),
    openMarkers: () => async () => async () => undefined,
    writeDetection: async (_, found) => {
      detection = found;
    },
    writeSummary: async (markdown) => {
      summary = markdown;
    },
    warn: (text) => warnings.push(text),
    log: () => {},
    ...deps,
  });
  if (detection === undefined) throw new Error("nothing was written");
  return { outputs, detection, warnings, summary };
}

/** The event of a pull request whose branch is `branch`. */
export function pullRequest(
  repository: TemporaryRepository,
  branch: string,
  untrusted?: string,
): WorkflowEvent {
  return {
    name: "pull_request",
    number: 7,
    headSha: repository.git("rev-parse", branch),
    baseSha: repository.git("rev-parse", "main"),
    untrusted,
  };
}

export const ids = (stacks: readonly { readonly id: string }[]): string[] => stacks.map(({ id }) => id);
