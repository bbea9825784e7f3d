import { z } from "zod";
import { requiredText } from "../../shared/src/inputs.ts";

const orDefault = (value: string) => z.string().transform((text) => (text === "" ? value : text));

export const Inputs = z.object({
  detection: orDefault("detection.json"),
  undeployed: orDefault("undeployed.json"),
  results: orDefault("results"),
  key: orDefault("deployment").pipe(
    z.string().regex(/^[a-z0-9][a-z0-9-]{0,39}$/, "must be up to 40 lower-case letters, digits and dashes"),
  ),
  "github-token": requiredText,
});
export type Inputs = z.infer<typeof Inputs>;
