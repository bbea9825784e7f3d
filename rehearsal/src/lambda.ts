import { randomUUID } from "node:crypto";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import type { Processes } from "./processes.ts";

const outcomeSchema = z.object({
  value: z.unknown(),
  error: z.object({ name: z.string(), message: z.string() }).nullable(),
  /** Most memory that the process had at once. */
  peakMegabytes: z.number(),
});

/** What one invocation came to: a value, or an error by its name, as Lambda reports it. */
export type Outcome = z.infer<typeof outcomeSchema>;

export interface Invocation {
  /** The function's `index.mjs`. */
  readonly bundle: string;
  readonly event: unknown;
  /** The whole environment. */
  readonly env: Readonly<Record<string, string>>;
  /** A folder that exists. */
  readonly cwd: string;
}

/** Invokes a function's bundle once, in a process of its own with nothing but the event and its environment. */
export async function invokeBundle(
  processes: Processes,
  { bundle, event, env, cwd }: Invocation,
): Promise<Outcome> {
  const result = join(cwd, `result-${randomUUID()}.json`);
  const program = join(import.meta.dirname, "invoke-function.mjs");
  await processes.run("node", [program, bundle, JSON.stringify(event), result], { cwd, env });
  return outcomeSchema.parse(JSON.parse(await readFile(result, "utf8")));
}
