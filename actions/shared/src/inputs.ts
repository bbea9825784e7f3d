import { z } from "zod";

/** Building blocks for the inputs of actions. Each message says what is wrong and what would be right. */

export const requiredText = z.string().min(1, "is required and is empty");

/** Empty means absent. */
export const optionalText = z.string().transform((text) => (text === "" ? undefined : text));

export const optional = <Output>(schema: z.ZodType<Output, string>) =>
  z.union([z.literal("").transform(() => undefined), schema]);

const yes = new Set(["true", "True", "TRUE"]);
const no = new Set(["false", "False", "FALSE"]);

/** YAML 1.2 core schema: true and false only. */
export function flag(byDefault: boolean) {
  return z.string().transform((text, context) => {
    if (text === "") return byDefault;
    if (yes.has(text)) return true;
    if (no.has(text)) return false;
    context.addIssue({ code: "custom", message: `must be true or false, not ${JSON.stringify(text)}` });
    return z.NEVER;
  });
}

export function oneOf<const Values extends readonly [string, ...string[]]>(
  values: Values,
  byDefault?: Values[number],
) {
  return z.string().transform((text, context): Values[number] => {
    if (text === "" && byDefault !== undefined) return byDefault;
    if (values.includes(text)) return text;
    context.addIssue({
      code: "custom",
      message: `must be one of ${values.join(", ")}; it is ${JSON.stringify(text)}`,
    });
    return z.NEVER;
  });
}

/** A whole number within bounds; the message names the unit. */
export function wholeNumber(limits: {
  readonly min: number;
  readonly max: number;
  readonly unit: string;
  readonly byDefault: number;
}) {
  return z.string().transform((text, context) => {
    if (text === "") return limits.byDefault;
    const value = /^\d{1,9}$/.test(text) ? Number(text) : Number.NaN;
    if (value >= limits.min && value <= limits.max) return value;
    context.addIssue({
      code: "custom",
      message: `must be a whole number of ${limits.unit} from ${limits.min} to ${limits.max}; it is ${JSON.stringify(text)}`,
    });
    return z.NEVER;
  });
}

/** The same; empty means absent. */
export function optionalWholeNumber(limits: Omit<Parameters<typeof wholeNumber>[0], "byDefault">) {
  const given = wholeNumber({ ...limits, byDefault: 0 });
  return z
    .string()
    .transform((text) => (text === "" ? undefined : text))
    .pipe(given.optional());
}

const rolePattern = /^arn:(aws|aws-cn|aws-us-gov):iam::\d{12}:role\/[\w+=,.@/-]{1,576}$/;

export function isRoleArn(text: string): boolean {
  return rolePattern.test(text);
}

export const roleArnMessage = (text: string) =>
  `${JSON.stringify(text.slice(0, 100))} is not the ARN of an IAM role; it looks like arn:aws:iam::123456789012:role/name`;

export const roleArn = z
  .string()
  .refine(isRoleArn, { error: (issue) => roleArnMessage(String(issue.input)) });

const regionPattern = /^[a-z]{2}(-[a-z]+)+-\d{1,2}$/;

export const awsRegion = z.string().regex(regionPattern, {
  error: (issue) => `${JSON.stringify(issue.input)} is not an AWS region; it looks like eu-west-1`,
});

/** Splits a list given as lines or separated by commas or spaces. */
export function listOf(text: string): string[] {
  return text.split(/[\s,]+/).filter((item) => item !== "");
}
