import type { z } from "zod";
import { ActionError } from "./action-error.ts";
import {
  bucketName,
  type Stack,
  type StackBackend,
  type StackMap,
  workspaceName,
} from "./contracts/stack-map.ts";
import { awsRegion, optional, optionalText, requiredText } from "./inputs.ts";
import { oneLine } from "./one-line.ts";
import { didYouMean } from "./suggest.ts";

/** The inputs by which check-lock and unlock are told whose lock it is. */
export const lockTargetInputs = {
  map: requiredText,
  stack: optionalText,
  bucket: optional(bucketName),
  key: optionalText,
  region: optional(awsRegion),
  table: optionalText,
  workspace: workspaceName,
};

type LockTargetInputs = Readonly<z.infer<z.ZodObject<typeof lockTargetInputs>>>;

export interface LockTarget {
  readonly backend: StackBackend;
  /** Undefined for a state that is in no map. */
  readonly known: { readonly stack: Stack; readonly map: StackMap } | undefined;
}

/** A stack of the map, or a backend given in full. */
export async function chooseLockTarget(
  inputs: LockTargetInputs,
  readMap: (path: string) => Promise<StackMap>,
): Promise<LockTarget> {
  const { stack: id, bucket } = inputs;
  if (id !== undefined && bucket !== undefined)
    throw new ActionError("inputs `stack` and `bucket`: give one of them, not both", {
      hint: "`stack` takes bucket, key, region and table from the stack map.",
    });
  if (bucket !== undefined) return { backend: explicitBackend(bucket, inputs), known: undefined };
  if (id === undefined)
    throw new ActionError("input `stack` is required and is empty", {
      hint: "Name a stack of the stack map, or give `bucket`, `key` and `region`.",
    });
  const map = await readMap(inputs.map);
  const stack = map.stacks.get(id);
  if (stack === undefined)
    throw new ActionError(`input "stack": ${inputs.map} has no stack "${oneLine(id, 128)}"`, {
      hint: didYouMean(id, [...map.stacks.keys()]),
    });
  return { backend: stack.backend, known: { stack, map } };
}

function explicitBackend(bucket: string, { key, region, table, workspace }: LockTargetInputs): StackBackend {
  if (key === undefined || region === undefined)
    throw new ActionError(
      `input "${key === undefined ? "key" : "region"}" is required together with \`bucket\``,
      { hint: "Give the bucket, key and region of the backend's configuration." },
    );
  return { bucket, key, region, table, workspace };
}
