import { z } from "zod";
import { flag, optional, optionalText, requiredText, roleArn } from "../../shared/src/inputs.ts";
import { lockTargetInputs } from "../../shared/src/lock-target.ts";
import { oneLine } from "../../shared/src/one-line.ts";

export const Inputs = z.object({
  ...lockTargetInputs,
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
