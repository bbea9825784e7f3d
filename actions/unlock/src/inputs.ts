import { z } from "zod";
import { bucketName, workspaceName } from "../../shared/src/contracts/stack-map.ts";
import { awsRegion, flag, optionalText, requiredText, roleArn } from "../../shared/src/inputs.ts";
import { oneLine } from "../../shared/src/one-line.ts";

/** Empty means absent. */
const optional = <Output>(schema: z.ZodType<Output, string>) =>
  z.union([z.literal("").transform(() => undefined), schema]);

export const Inputs = z.object({
  map: requiredText,
  stack: optionalText,
  bucket: optional(bucketName),
  key: optionalText,
  region: optional(awsRegion),
  table: optionalText,
  workspace: workspaceName,
  "lock-id": requiredText.regex(
    /^[\w-]{1,64}$/,
    "is not the id of a lock; it looks like 6f1c0a52-7a2f-8a4e-1c55-0d6d4c1b7a11",
  ),
  force: flag(false),
  reason: z.string().transform((text) => oneLine(text, 500) || undefined),
  assume: flag(true),
  "role-to-assume": optional(roleArn),
  "github-token": optionalText,
});

export type Inputs = z.infer<typeof Inputs>;
