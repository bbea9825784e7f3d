import { z } from "zod";
import { listOf, oneOf, optionalText, wholeNumber } from "../../shared/src/inputs.ts";

const orDefault = (value: string) => z.string().transform((text) => (text === "" ? value : text));

export const Inputs = z.object({
  map: orDefault(".github/stacks.yml"),
  compare: oneOf(["auto", "base", "markers"], "auto"),
  "base-assembly": optionalText,
  stacks: z.string().transform(listOf),
  detection: orDefault("detection.json"),
  "max-jobs": wholeNumber({ min: 1, max: 256, unit: "jobs", byDefault: 256 }),
  "duration-seconds": wholeNumber({ min: 900, max: 43_200, unit: "seconds", byDefault: 900 }),
});

export type Inputs = z.infer<typeof Inputs>;
