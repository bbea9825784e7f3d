import { type StackBackend, stateKey } from "./contracts/stack-map.ts";
import { oneLine } from "./one-line.ts";
import type { Clock } from "./ports/clock.ts";

/**
 * With a lock table, Terraform keeps the MD5 of the state in the item whose LockID ends in `-md5`, and refuses a
 * state that has another. It writes the item after the state and says nothing when that fails, so it is the
 * next run that does not start.
 */
export type DigestFinding =
  | { readonly status: "not-used" }
  | { readonly status: "match" }
  | { readonly status: "mismatch"; readonly stored: string; readonly actual: string }
  | { readonly status: "digest-without-state"; readonly stored: string }
  | { readonly status: "state-without-digest"; readonly actual: string }
  | { readonly status: "unknown"; readonly reason: string };

export interface Digests {
  /** MD5 of the state object's bytes, 32 hex digits; undefined when there is no state. */
  readonly actual: string | undefined;
  /** What the table's item holds, as it is; undefined when there is no item. */
  readonly stored: string | undefined;
}

/** An item that holds no MD5 counts as none, as it does for Terraform. */
export function compareDigests({ actual, stored }: Digests): DigestFinding {
  const expected = stored !== undefined && /^[0-9a-f]{32}$/i.test(stored) ? stored.toLowerCase() : undefined;
  if (expected === undefined)
    return actual === undefined ? { status: "match" } : { status: "state-without-digest", actual };
  if (actual === undefined) return { status: "digest-without-state", stored: expected };
  return actual === expected ? { status: "match" } : { status: "mismatch", stored: expected, actual };
}

const looks = 3;
const pauseMilliseconds = 2_000;

/** Looks again at what does not fit: a state that is being written is ahead of its digest for a moment. */
export async function settledDigest(
  read: () => Promise<DigestFinding>,
  { sleep }: Pick<Clock, "sleep">,
): Promise<DigestFinding> {
  for (let look = 1; ; look++) {
    const finding = await read();
    const odd = finding.status === "mismatch" || finding.status === "digest-without-state";
    if (!odd || look === looks) return finding;
    await sleep(pauseMilliseconds);
  }
}

export interface DigestExplanation {
  readonly message: string;
  /** What to do, with the command to do it. */
  readonly remedy: string;
  /** Whether Terraform refuses to work until it is mended. */
  readonly blocking: boolean;
}

/** Undefined: there is nothing to say. */
export function explainDigest(finding: DigestFinding, backend: StackBackend): DigestExplanation | undefined {
  if (finding.status === "match" || finding.status === "not-used") return undefined;
  const state = `s3://${backend.bucket}/${stateKey(backend)}`;
  if (finding.status === "mismatch")
    return {
      message: `The state ${state} is not the one that the lock table knows: the table says MD5 ${finding.stored}, the state has ${finding.actual}. Terraform refuses it`,
      remedy:
        "Find the right state first. If an older version of the object was put back, or the table was not reached after the last apply, " +
        `the state is right; then note its MD5: ${putCommand(finding, backend)}. If the object was overwritten from outside, ` +
        `put the version with MD5 ${finding.stored} back instead.`,
      blocking: true,
    };
  if (finding.status === "digest-without-state")
    return {
      message: `There is no state ${state}, but the lock table has its MD5 ${finding.stored}. Terraform refuses to begin a new one`,
      remedy:
        "If the state was deleted by mistake, put its last version back. If it shall be gone, remove the MD5: " +
        deleteCommand(finding.stored, backend),
      blocking: true,
    };
  if (finding.status === "state-without-digest")
    return {
      message: `The lock table has no MD5 of the state ${state} (it is ${finding.actual})`,
      remedy:
        "Nothing need be done: Terraform does not check it, and notes it when it next writes the state.",
      blocking: false,
    };
  return {
    message: `Whether the state fits the MD5 in the lock table is not known: ${finding.reason}`,
    remedy: "The role needs s3:GetObject on the state and dynamodb:GetItem on the row that ends in -md5.",
    blocking: false,
  };
}

/** Both commands change only what was seen, so that they do no harm when they come late. */
function putCommand(
  { actual, stored }: { readonly actual: string; readonly stored: string },
  backend: StackBackend,
): string {
  const item = JSON.stringify({ LockID: { S: digestId(backend) }, Digest: { S: actual } });
  return `aws dynamodb put-item ${place(backend)} --item ${quoted(item)} ${only(stored)}`;
}

function deleteCommand(stored: string, backend: StackBackend): string {
  const key = JSON.stringify({ LockID: { S: digestId(backend) } });
  return `aws dynamodb delete-item ${place(backend)} --key ${quoted(key)} ${only(stored)}`;
}

function only(stored: string): string {
  const values = JSON.stringify({ ":seen": { S: stored } });
  return `--condition-expression ${quoted("Digest = :seen")} --expression-attribute-values ${quoted(values)}`;
}

function place({ region, table = "" }: StackBackend): string {
  return `--region ${region} --table-name ${quoted(table)}`;
}

/** LockID of the item with the state's MD5. */
export function digestId(backend: StackBackend): string {
  return `${backend.bucket}/${stateKey(backend)}-md5`;
}

function quoted(text: string): string {
  return `'${oneLine(text, 4_000).replaceAll("'", `'\\''`)}'`;
}
