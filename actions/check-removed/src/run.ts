import { z } from "zod";
import { FailedWithOutputs } from "../../shared/src/action.ts";
import { ActionError } from "../../shared/src/action-error.ts";
import type { Detection, RemovedStack } from "../../shared/src/contracts/detection.ts";
import { codeSpan } from "../../shared/src/markdown.ts";
import type { Inputs } from "./inputs.ts";

export type StatePlace = NonNullable<RemovedStack["state"]>;

export interface Deps {
  readonly readDetection: (path: string) => Promise<Detection>;
  /** Text of the state, or undefined where there is none. Throws when that cannot be told. */
  readonly readState: (stack: RemovedStack, place: StatePlace) => Promise<string | undefined>;
  readonly log: (line: string) => void;
  readonly summary: (markdown: string) => Promise<void>;
}

export const outputNames = ["deployed"] as const;

/**
 * Holds every stack that leaves the map to an empty state. With the entry in the map go the stack's roles and
 * whatever could plan or destroy it, so this is the last moment to do so.
 */
export async function run(inputs: Inputs, deps: Deps): Promise<Record<(typeof outputNames)[number], string>> {
  const { removed } = await deps.readDetection(inputs.detection);
  const faults: { readonly id: string; readonly text: string }[] = [];
  for (const stack of removed) {
    const text = await faultOf(stack, deps);
    deps.log(text ?? `${stack.id}: nothing of it is deployed any more.`);
    if (text !== undefined) faults.push({ id: stack.id, text });
  }
  const outputs = { deployed: faults.map(({ id }) => id).join(" ") };
  if (faults.length === 0) return outputs;
  await deps.summary(
    faults.map(({ id, text }) => `- ${codeSpan(id)}: ${text.slice(id.length + 2)}`).join("\n"),
  );
  throw new FailedWithOutputs(faults.map(({ text }) => text).join("\n"), outputs, {
    hint: "Leave it in the stack map, destroy it with operate, and run this again. To keep what it made, take it over into another stack, or let a removed block forget it, and apply that first.",
  });
}

/** Undefined: it may go. What cannot be told is deployed. */
async function faultOf(stack: RemovedStack, { readState }: Deps): Promise<string | undefined> {
  const { id, state } = stack;
  if (state === undefined) return `${id}: detect-changes did not say where its state is`;
  let text: string | undefined;
  try {
    text = await readState(stack, state);
  } catch (error) {
    if (!(error instanceof ActionError)) throw error;
    return `${id}: its state cannot be read: ${error.message.split("\n")[0] ?? ""}`;
  }
  const resources = text === undefined ? [] : resourcesOf(text);
  if (resources === undefined) return `${id}: its state s3://${state.bucket}/${state.key} cannot be read`;
  if (resources.length === 0) return undefined;
  const shown = resources.slice(0, 5).join(", ");
  const rest = resources.length > 5 ? ` and ${resources.length - 5} more` : "";
  return `${id}: it leaves the stack map, but its state still holds ${shown}${rest}`;
}

const stateSchema = z.object({
  version: z.literal(4),
  resources: z.array(
    z.object({
      module: z.string().optional(),
      mode: z.string(),
      type: z.string(),
      name: z.string(),
      instances: z.array(z.unknown()),
    }),
  ),
});

/** Addresses of what the state holds; undefined for a text that is no state. */
function resourcesOf(text: string): string[] | undefined {
  let document: unknown;
  try {
    document = JSON.parse(text);
  } catch {
    return undefined;
  }
  return stateSchema
    .safeParse(document)
    .data?.resources.filter(({ mode, instances }) => mode !== "data" && instances.length > 0)
    .map(({ module, type, name }) => [...(module === undefined ? [] : [module]), type, name].join("."));
}

/** Narrows a plan role to reading one state, and to telling an absent one from a forbidden one. */
export function stateReadingPolicy({ bucket, key, region }: StatePlace): string {
  const partition = region.startsWith("cn-") ? "aws-cn" : region.startsWith("us-gov-") ? "aws-us-gov" : "aws";
  const arn = `arn:${partition}:s3:::${bucket}`;
  return JSON.stringify({
    Version: "2012-10-17",
    Statement: [
      { Effect: "Allow", Action: "s3:GetObject", Resource: `${arn}/${literal(key)}` },
      { Effect: "Allow", Action: "s3:ListBucket", Resource: arn },
    ],
  });
}

/** IAM takes these characters for wildcards and variables; S3 takes them in keys. */
const literal = (key: string): string => key.replace(/[*?$]/g, (character) => `\${${character}}`);
