import type { AwsCall } from "./permission.ts";

/** Makes of moto's answer what AWS would have written. */
export type Rewrite = (body: string) => string;

/** Undefined for the calls that moto answers as AWS does: nearly all. */
export function rewriteOf(call: AwsCall): Rewrite | undefined {
  const asked = call.headers["x-amz-target"] ?? new URLSearchParams(call.body).get("Action") ?? "";
  return call.service === "sqs" && asked.endsWith("GetQueueAttributes") ? withoutSpaces : undefined;
}

/**
 * moto writes the redrive policy, which is JSON within the answer, with a space behind each comma and colon.
 * Terraform takes that for a change that is to be made.
 */
function withoutSpaces(body: string): string {
  return body.replaceAll(/\{(?:\\"|&quot;)deadLetterTargetArn[^}]*\}/g, (policy) =>
    policy.replaceAll(/([:,]) /g, "$1"),
  );
}
