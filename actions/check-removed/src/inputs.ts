import { z } from "zod";
import { flag, wholeNumber } from "../../shared/src/inputs.ts";

export const Inputs = z.object({
  detection: z.string().transform((path) => path || "detection.json"),
  assume: flag(true),
  "duration-seconds": wholeNumber({ min: 900, max: 43_200, unit: "seconds", byDefault: 900 }),
});
export type Inputs = z.infer<typeof Inputs>;
