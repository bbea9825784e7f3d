import { z } from "zod";

/** An address without the slash at its end, so that paths can be appended. */
export const address = z
  .url({ protocol: /^https?$/, error: (issue) => `${JSON.stringify(issue.input)} is not an http(s) address` })
  .transform((text) => text.replace(/\/+$/, ""));

export const bucketName = z.string({ error: "is not set" }).regex(/^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/, {
  error: (issue) => `${JSON.stringify(issue.input)} is not a bucket's name`,
});

export const tableName = z.string({ error: "is not set" }).regex(/^[A-Za-z0-9_.-]{3,255}$/, {
  error: (issue) => `${JSON.stringify(issue.input)} is not a table's name`,
});

/** Parses the function's environment variables; every fault is named in one error. */
export function readEnvironment<Schema extends z.ZodObject>(
  schema: Schema,
  variables: NodeJS.ProcessEnv,
): z.output<Schema> {
  const parsed = schema.safeParse(variables);
  if (parsed.success) return parsed.data;
  const faults = parsed.error.issues.map((issue) => `${issue.path.join(".")}: ${issue.message}`);
  throw new Error(`The environment of the function is wrong. ${faults.join("; ")}`);
}
