import * as core from "@actions/core";
import type { z } from "zod";
import { ActionError, causesOf } from "./action-error.ts";

/** What an action returns: its outputs, by the names that action.yml declares. */
export type Outputs = Readonly<Record<string, string>>;

/**
 * Runs the main part of an action: sets the outputs it returns, and turns whatever it throws into one
 * error annotation and a failed step. An error may carry outputs too (`outputs` property), so that later
 * steps can still see how far it got.
 */
export async function runAction(main: () => Promise<Outputs>): Promise<void> {
  try {
    setOutputs(await main());
  } catch (error) {
    report(error);
  }
}

export class FailedWithOutputs extends ActionError {
  readonly outputs: Outputs;

  constructor(
    message: string,
    outputs: Outputs,
    options: { readonly hint?: string; readonly cause?: unknown } = {},
  ) {
    super(message, options);
    this.name = "FailedWithOutputs";
    this.outputs = outputs;
  }
}

function setOutputs(outputs: Outputs): void {
  for (const [name, value] of Object.entries(outputs)) core.setOutput(name, value);
}

function report(error: unknown): void {
  if (error instanceof FailedWithOutputs) setOutputs(error.outputs);
  if (error instanceof ActionError) {
    core.setFailed(error.hint === undefined ? error.message : `${error.message}\n${error.hint}`);
  } else {
    core.setFailed(error instanceof Error ? `${error.name}: ${error.message}` : String(error));
    if (error instanceof Error && error.stack !== undefined) core.info(error.stack);
  }
  for (const cause of causesOf(error)) core.info(`Caused by ${cause}`);
}

/**
 * Reads and parses every input once. The keys of the schema are the names in action.yml; an error names
 * each input that is wrong, what is wrong with it, and nothing of the value of a secret one.
 */
export function readInputs<Schema extends z.ZodObject>(schema: Schema): z.infer<Schema> {
  const raw: Record<string, string> = {};
  for (const name of Object.keys(schema.shape)) raw[name] = core.getInput(name);
  const parsed = schema.safeParse(raw);
  if (parsed.success) return parsed.data;
  const faults = parsed.error.issues.map((issue) => `input "${issue.path.join(".")}": ${issue.message}`);
  throw new ActionError(faults.join("\n"), {
    hint: "Correct the step's `with:`; the action's README lists every input.",
  });
}
