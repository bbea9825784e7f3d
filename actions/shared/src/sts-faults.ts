import { ActionError } from "./action-error.ts";
import { type AwsFault, describeFault } from "./aws-fault.ts";
import type { Backoff } from "./backoff.ts";
import { describeClaims, type TokenClaims } from "./oidc-claims.ts";
import type { RoleRequest } from "./ports/credentials.ts";

/**
 * throttled      AWS has too many callers, such as a large matrix
 * unreachable    sockets, time-outs, 5xx, and AWS not reaching GitHub's keys
 * expired-token  the token outlived its five minutes
 * denied         the trust policy says no; or the role is so new that not every server knows it
 * final          another try would be answered the same
 */
export type FaultClass = "throttled" | "unreachable" | "expired-token" | "denied" | "final";

export interface RetryRule extends Backoff {
  readonly tries: number;
  /** From the first failure of this class to the last try. */
  readonly withinMs: number;
}

export const retryRules: Readonly<Record<FaultClass, RetryRule>> = {
  throttled: { tries: 20, baseMs: 1_000, capMs: 16_000, withinMs: 120_000 },
  unreachable: { tries: 5, baseMs: 500, capMs: 8_000, withinMs: 60_000 },
  "expired-token": { tries: 2, baseMs: 0, capMs: 0, withinMs: 60_000 },
  denied: { tries: 3, baseMs: 3_000, capMs: 6_000, withinMs: 15_000 },
  final: { tries: 1, baseMs: 0, capMs: 0, withinMs: 0 },
};

const throttles =
  /^(Throttling|ThrottlingException|ThrottledException|RequestThrottled|TooManyRequestsException|RequestLimitExceeded|SlowDown|BandwidthLimitExceeded)$/;

export function classifyFault({ code, message, status }: AwsFault): FaultClass {
  if (throttles.test(code) || status === 429) return "throttled";
  if (code.startsWith("ExpiredToken")) return "expired-token";
  if (code.startsWith("AccessDenied")) return "denied";
  if (code.startsWith("IDPCommunicationError")) return "unreachable";
  if (code.startsWith("InvalidIdentityToken") && /verification key/i.test(message)) return "unreachable";
  // No status: nothing was answered. A status below 400: something was, that is no answer of AWS.
  if (status === undefined || status >= 500 || status < 400) return "unreachable";
  return "final";
}

export interface Refusal {
  readonly fault: AwsFault;
  readonly request: RoleRequest;
  readonly claims: TokenClaims;
  readonly skewSeconds: number;
  readonly tries: number;
  readonly cause: unknown;
}

/** What AWS said about assuming the role, and what to do about it, for a person. */
export function explainRefusal(refusal: Refusal): ActionError {
  const { fault, request, tries, cause } = refusal;
  const times = tries === 1 ? "" : `, ${tries} tries`;
  const lines = [`AWS did not give the role ${request.roleArn}: ${describeFault(fault)}${times}`];
  if (looksAtToken(fault)) lines.push("The job's token says:", describeClaims(refusal.claims));
  if (Math.abs(refusal.skewSeconds) > 300)
    lines.push(
      `This machine's clock is ${Math.abs(refusal.skewSeconds)} s ${refusal.skewSeconds > 0 ? "behind" : "ahead of"} GitHub's`,
    );
  return new ActionError(lines.join("\n"), { hint: hintFor(refusal), cause });
}

function looksAtToken(fault: AwsFault): boolean {
  return classifyFault(fault) === "denied" || /^(InvalidIdentityToken|IDPRejectedClaim)/.test(fault.code);
}

const hints: ReadonlyArray<readonly [RegExp, string]> = [
  [
    /DurationSeconds/,
    "The role's maximum session duration is shorter than `duration-seconds`; lower the one or raise the other.",
  ],
  [
    /No OpenIDConnect provider/i,
    "The account has no OIDC provider for the token's issuer; bootstrap (global/deploy-identity) creates it.",
  ],
  [/audience/i, "The OIDC provider in IAM must list the token's audience (aud) among its client ids."],
  [/^PackedPolicyTooLarge/, "The session policy is too large once packed; shorten it."],
  [/^MalformedPolicyDocument/, "The session policy is not a valid IAM policy."],
  [
    /^RegionDisabled/,
    "STS is not active in this region for the account; activate it or choose another region.",
  ],
];

function hintFor({ fault, request }: Refusal): string {
  const said = `${fault.code} ${fault.message}`;
  const known = hints.find(([pattern]) => pattern.test(fault.code) || pattern.test(said));
  const kind = classifyFault(fault);
  if (kind === "denied")
    return (
      "Compare these claims with the conditions of the role's trust policy (sub and aud above all): a job's `environment:` " +
      `changes sub, and the role must exist in account ${request.roleArn.split(":")[4] ?? ""}.`
    );
  if (known !== undefined) return known[1];
  if (kind === "throttled")
    return "Too many jobs ask AWS at once; run the job again, or set `max-parallel` on the matrix.";
  if (kind === "unreachable")
    return "AWS STS could not be reached, or could not reach GitHub; run the job again.";
  if (kind === "expired-token")
    return "The token expires five minutes after it was made; check the clocks of this machine.";
  return "Correct the role or the inputs; another try would be answered the same.";
}
