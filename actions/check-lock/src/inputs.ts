import { z } from "zod";
import { flag, oneOf, optional, optionalText, roleArn, wholeNumber } from "../../shared/src/inputs.ts";
import { lockTargetInputs } from "../../shared/src/lock-target.ts";
import { lockModes } from "../../shared/src/wait-for-lock.ts";

export const Inputs = z.object({
  ...lockTargetInputs,
  mode: oneOf(lockModes, "fail"),
  "timeout-seconds": wholeNumber({ min: 0, max: 21_600, unit: "seconds", byDefault: 300 }),
  assume: flag(false),
  "role-to-assume": optional(roleArn),
  "github-token": optionalText,
});

export type Inputs = z.infer<typeof Inputs>;
