import { z } from "zod";
import { flag, listOf, oneOf, optionalText, requiredText, wholeNumber } from "../../shared/src/inputs.ts";
import { lockModes } from "../../shared/src/wait-for-lock.ts";

export const Inputs = z.object({
  stacks: requiredText.transform(listOf),
  operation: oneOf(["apply", "destroy"], "apply"),
  map: z.string().transform((path) => path || ".github/stacks.yml"),
  detection: optionalText,
  record: flag(true),
  "reviewed-only": flag(false),
  lock: oneOf(lockModes, "report"),
  "lock-timeout-seconds": wholeNumber({ min: 0, max: 21_600, unit: "seconds", byDefault: 300 }),
  results: z.string().transform((folder) => folder || "results"),
  terraform: z.string().transform((program) => program || "terraform"),
  "init-timeout-minutes": wholeNumber({ min: 1, max: 120, unit: "minutes", byDefault: 10 }),
  "duration-seconds": wholeNumber({ min: 900, max: 43_200, unit: "seconds", byDefault: 3_600 }),
  assume: flag(true),
});
export type Inputs = z.infer<typeof Inputs>;
