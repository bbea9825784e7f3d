import { z } from "zod";
import {
  flag,
  listOf,
  oneOf,
  optionalText,
  optionalWholeNumber,
  requiredText,
  wholeNumber,
} from "../../shared/src/inputs.ts";

export const Inputs = z.object({
  stacks: requiredText.transform(listOf),
  operation: oneOf(["apply", "destroy"], "apply"),
  map: z.string().transform((path) => path || ".github/stacks.yml"),
  detection: optionalText,
  "reviewed-in": oneOf(["records", "run"], "records"),
  confirm: optionalText,
  "lock-timeout-seconds": wholeNumber({ min: 0, max: 21_600, unit: "seconds", byDefault: 900 }),
  results: z.string().transform((folder) => folder || "results"),
  terraform: z.string().transform((program) => program || "terraform"),
  "init-timeout-minutes": wholeNumber({ min: 1, max: 120, unit: "minutes", byDefault: 10 }),
  "timeout-minutes": optionalWholeNumber({ min: 1, max: 720, unit: "minutes" }),
  "duration-seconds": wholeNumber({ min: 900, max: 43_200, unit: "seconds", byDefault: 3_600 }),
  assume: flag(true),
  "github-token": optionalText,
});
export type Inputs = z.infer<typeof Inputs>;
