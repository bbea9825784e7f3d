import { z } from "zod";
import { awsRegion, flag, optionalText, roleArn, wholeNumber } from "../../shared/src/inputs.ts";
import { maxSessionPolicyLength } from "../../shared/src/session-policy.ts";

const sessionPolicy = optionalText.superRefine((text, context) => {
  if (text === undefined) return;
  if (text.length > maxSessionPolicyLength)
    context.addIssue(`has ${text.length} characters; AWS takes at most ${maxSessionPolicyLength}`);
  if (!isJsonObject(text)) context.addIssue("must be an IAM policy document in JSON");
});

function isJsonObject(text: string): boolean {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null && !Array.isArray(value);
  } catch {
    return false;
  }
}

export const Inputs = z.object({
  "role-to-assume": roleArn,
  region: awsRegion,
  "session-name": optionalText,
  "duration-seconds": wholeNumber({ min: 900, max: 43_200, unit: "seconds", byDefault: 3_600 }),
  audience: optionalText,
  "session-policy": sessionPolicy,
  export: flag(true),
});

export type Inputs = z.infer<typeof Inputs>;
