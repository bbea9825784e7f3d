import { z } from "zod";
import { bucketName, workspaceName } from "../../shared/src/contracts/stack-map.ts";
import {
  awsRegion,
  flag,
  oneOf,
  optionalText,
  requiredText,
  roleArn,
  wholeNumber,
} from "../../shared/src/inputs.ts";
import { lockModes } from "../../shared/src/wait-for-lock.ts";

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
  mode: oneOf(lockModes, "fail"),
  "timeout-seconds": wholeNumber({ min: 0, max: 21_600, unit: "seconds", byDefault: 300 }),
  assume: flag(false),
  "role-to-assume": optional(roleArn),
  "github-token": optionalText,
});

export type Inputs = z.infer<typeof Inputs>;
