import type { Detection } from "../../shared/src/contracts/detection.ts";
import { noCounts, type RenderedChange, type StackResult } from "../../shared/src/contracts/stack-result.ts";
import { type Report, type ResultFile, type RunContext, reportOf } from "../src/report.ts";

export const commit = "c".repeat(40);
export const head = "a".repeat(40);

export const context: RunContext = {
  serverUrl: "https://github.com",
  repository: "acme/data-platform",
  id: "17",
  attempt: 1,
};

export function detectionOf(ids: readonly string[], more: Partial<Detection> = {}): Detection {
  return {
    version: 1,
    event: "pull_request",
    commit,
    head,
    base: "b".repeat(40),
    pullRequest: 1,
    affected: ids.map((id) => ({ id, environment: id.split("/")[0] ?? "stage", wave: 1, reason: "changed" })),
    unchanged: [],
    removed: [],
    warnings: [],
    ...more,
  };
}

export function resultOf(stack: string, more: Partial<StackResult> = {}): StackResult {
  const counts = { ...noCounts };
  for (const { action } of more.changes ?? []) if (action !== "read") counts[action]++;
  return {
    version: 1,
    stack,
    environment: stack.split("/")[0] ?? "stage",
    operation: "plan",
    status: more.changes === undefined ? "no-changes" : "changes",
    digest: `sha256:${"d".repeat(64)}`,
    commit,
    counts,
    changes: [],
    outputs: [],
    alreadyDone: [],
    differences: [],
    run: { id: "17", attempt: 1, url: "https://github.com/acme/data-platform/actions/runs/17/job/3" },
    timings: { init: 1000, plan: 2700, show: 2100 },
    ...more,
  };
}

export function change(
  action: RenderedChange["action"],
  address: string,
  diff: readonly string[] = [],
  forcedBy: readonly string[] = [],
): RenderedChange {
  return { action, address, diff: [...diff], forcedBy: [...forcedBy] };
}

export function filesOf(results: readonly StackResult[]): ResultFile[] {
  return results.map((result) => ({
    name: `${result.stack.replaceAll("/", "-")}.json`,
    text: JSON.stringify(result),
  }));
}

export function report(
  results: readonly StackResult[],
  {
    stage = "plan",
    detection = detectionOf(results.map(({ stack }) => stack)),
  }: { readonly stage?: Report["stage"]; readonly detection?: Detection } = {},
): Report {
  return reportOf(stage, detection, { files: filesOf(results), run: context });
}

export const bucket = change("create", "aws_s3_bucket.raw_layer", [
  '+ bucket        = "activity-stage-raw-layer"',
  "+ force_destroy = false",
  "+ tags          = {",
  '+     "layer" = "raw"',
  "+ }",
]);

export const lambda = [
  change("update", "aws_lambda_function.ingestion_batch_layer", [
    '  function_name    = "activity-stage-ingestion-batch-layer"',
    "~ memory_size      = 512 -> 1024",
    '~ source_code_hash = "kZ3…" -> "9vQ…"',
  ]),
  change(
    "replace",
    "aws_lambda_permission.schedule",
    ['~ statement_id = "hourly" -> "every-hour"'],
    ["/statement_id"],
  ),
  change("delete", "aws_sqs_queue.failures", ['- name = "activity-stage-failures"']),
];
