import { z } from "zod";
import { oneOf, requiredText } from "../../shared/src/inputs.ts";

const orDefault = (value: string) => z.string().transform((text) => (text === "" ? value : text));

export const Inputs = z.object({
  detection: orDefault("detection.json"),
  results: orDefault("results"),
  stage: oneOf(["plan", "apply", "operate"], "plan"),
  "pull-request": z
    .string()
    .regex(/^([1-9]\d{0,9})?$/, "must be the number of a pull request")
    .transform((text) => (text === "" ? undefined : Number(text))),
  key: orDefault("deployment").pipe(
    z.string().regex(/^[a-z0-9][a-z0-9-]{0,39}$/, "must be up to 40 lower-case letters, digits and dashes"),
  ),
  "github-token": requiredText,
});

export type Inputs = z.infer<typeof Inputs>;
