import { ActionError } from "../../shared/src/action-error.ts";
import { type Detection, detectionSchema } from "../../shared/src/contracts/detection.ts";
import { type StackResult, stackResultSchema } from "../../shared/src/contracts/stack-result.ts";

export interface ResultFile {
  readonly name: string;
  readonly text: string;
}

export interface RunContext {
  /** `https://github.com`. */
  readonly serverUrl: string;
  readonly repository: string;
  readonly id: string;
  readonly attempt: number;
}

/** A stack and what became of it; `missing` says why there is no result. */
export interface StackReport {
  readonly id: string;
  readonly environment: string;
  readonly result: StackResult | undefined;
  readonly missing: string | undefined;
}

export interface Report {
  readonly stage: "plan" | "apply" | "operate";
  readonly detection: Detection;
  /** Every affected stack, those with problems first. */
  readonly stacks: readonly StackReport[];
  readonly run: RunContext;
  /** Files that are no result, or of no stack of this run. */
  readonly oddities: readonly string[];
}

export function parseDetection(text: string, file: string): Detection {
  const hint = "It is the file that detect-changes wrote; download its artifact to this path.";
  let content: unknown;
  try {
    content = JSON.parse(text);
  } catch (cause) {
    throw new ActionError(`input "detection": ${file} is not JSON`, { hint, cause });
  }
  const parsed = detectionSchema.safeParse(content);
  if (parsed.success) return parsed.data;
  throw new ActionError(
    `input "detection": ${file} is not a detection: ${parsed.error.issues[0]?.path.join(".")}`,
    { hint },
  );
}

/** Holds every affected stack to a result of the commit that was detected; the latest attempt counts. */
export function reportOf(
  stage: Report["stage"],
  detection: Detection,
  { files, run }: { readonly files: readonly ResultFile[]; readonly run: RunContext },
): Report {
  const oddities: string[] = [];
  const results = new Map<string, StackResult>();
  const stale = new Set<string>();
  const expected = new Set(detection.affected.map(({ id }) => id));
  for (const file of files) {
    const result = parseResult(file.text);
    if (result === undefined) oddities.push(`${file.name} is not a result`);
    else if (!expected.has(result.stack))
      oddities.push(`${file.name} is of ${result.stack}, which this run did not select`);
    else if (result.commit !== detection.commit) stale.add(result.stack);
    else if ((results.get(result.stack)?.run.attempt ?? 0) <= result.run.attempt)
      results.set(result.stack, result);
  }
  const stacks = detection.affected.map(({ id, environment }): StackReport => {
    const result = results.get(id);
    const missing = stale.has(id) ? "its result is of another commit" : "its job left no result";
    return { id, environment, result, missing: result === undefined ? missing : undefined };
  });
  return {
    stage,
    detection,
    stacks: stacks.toSorted((left, right) => urgency(left) - urgency(right)),
    run,
    oddities,
  };
}

function parseResult(text: string): StackResult | undefined {
  let content: unknown;
  try {
    content = JSON.parse(text);
  } catch {
    return undefined;
  }
  const parsed = stackResultSchema.safeParse(content);
  return parsed.success ? parsed.data : undefined;
}

/** Not planned or applied, though it should have been. */
export function isProblem({ result }: StackReport): boolean {
  return result === undefined || ["refused", "unreviewed", "locked", "failed"].includes(result.status);
}

/** Orders stacks: what a person must look at comes first. */
function urgency(stack: StackReport): number {
  if (isProblem(stack)) return 0;
  const { counts, status } = stack.result ?? {};
  if (counts !== undefined && counts.delete + counts.replace > 0) return 1;
  return status === "changes" || status === "applied" ? 2 : 3;
}
