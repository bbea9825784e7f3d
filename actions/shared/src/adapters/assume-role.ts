import { z } from "zod";
import { awsFault, describeFault } from "../aws-fault.ts";
import { backoffMs } from "../backoff.ts";
import { decodeClaims } from "../oidc-claims.ts";
import type { Clock } from "../ports/clock.ts";
import type { AssumeRole, Credentials, RoleRequest } from "../ports/credentials.ts";
import { classifyFault, explainRefusal, type FaultClass, retryRules } from "../sts-faults.ts";
import { awsClientConfig, requestHandler } from "./aws-client-config.ts";
import { type IdToken, requestIdToken } from "./oidc-token.ts";
import { systemClock } from "./system-clock.ts";

export interface AssumeRoleOptions {
  /** Hides a value from the log; called with every secret before anything else happens to it. */
  readonly mask: (value: string) => void;
  readonly audience?: string | undefined;
  readonly log?: (line: string) => void;
  readonly env?: Readonly<Record<string, string | undefined>>;
  readonly clock?: Clock;
  /** In [0, 1). */
  readonly random?: () => number;
}

export const defaultAudience = "sts.amazonaws.com";

/** Assumes roles by this job's OIDC token: STS AssumeRoleWithWebIdentity, retried where it can help. */
export function createAssumeRole(options: AssumeRoleOptions): AssumeRole {
  const { clock = systemClock, random = Math.random, log = () => {}, env = process.env, mask } = options;
  const audience = options.audience ?? defaultAudience;
  const mint = () => requestIdToken(audience, { env, mask, log, clock, random });
  return async (request) => {
    const failures = new Map<FaultClass, { count: number; since: number }>();
    let token = await mint();
    for (let tries = 1; ; tries++) {
      const outcome = await callSts(request, token, mask);
      if ("credentials" in outcome) return outcome.credentials;
      const fault = awsFault(outcome.error);
      const kind = classifyFault(fault);
      const waitMs = nextWait(kind, failures, { now: clock.now().getTime(), random });
      if (waitMs === undefined)
        throw explainRefusal({
          fault,
          request,
          claims: decodeClaims(token.jwt),
          skewSeconds: token.skewSeconds,
          tries,
          cause: outcome.error,
        });
      log(`AWS STS: ${describeFault(fault)}. Trying again in ${(waitMs / 1000).toFixed(1)} s.`);
      await clock.sleep(waitMs);
      if (kind === "expired-token") token = await mint();
    }
  };
}

/** Undefined: enough tries of this class of failure. */
function nextWait(
  kind: FaultClass,
  failures: Map<FaultClass, { count: number; since: number }>,
  { now, random }: { readonly now: number; readonly random: () => number },
): number | undefined {
  const rule = retryRules[kind];
  const { count, since } = failures.get(kind) ?? { count: 0, since: now };
  failures.set(kind, { count: count + 1, since });
  const waitMs = backoffMs(count + 1, rule, random);
  return count + 1 >= rule.tries || now + waitMs - since > rule.withinMs ? undefined : waitMs;
}

const reply = z.object({
  Credentials: z.object({
    AccessKeyId: z.string().min(1),
    SecretAccessKey: z.string().min(1),
    SessionToken: z.string().min(1),
    Expiration: z.date(),
  }),
});

type Outcome = { readonly credentials: Credentials } | { readonly error: unknown };

/** One request. The SDK's own retries are off: it would repeat what must not be, with a token that expires. */
async function callSts(
  request: RoleRequest,
  token: IdToken,
  mask: (value: string) => void,
): Promise<Outcome> {
  const { AssumeRoleWithWebIdentityCommand, STSClient } = await import("@aws-sdk/client-sts");
  const client = new STSClient({
    ...awsClientConfig(request.region, undefined),
    maxAttempts: 1,
    requestHandler: requestHandler(10_000),
  });
  try {
    const answer = await client.send(
      new AssumeRoleWithWebIdentityCommand({
        RoleArn: request.roleArn,
        RoleSessionName: request.sessionName,
        DurationSeconds: request.durationSeconds,
        WebIdentityToken: token.jwt,
        ...(request.sessionPolicy === undefined ? {} : { Policy: request.sessionPolicy }),
      }),
    );
    const { AccessKeyId, SecretAccessKey, SessionToken } = answer.Credentials ?? {};
    maskAll([AccessKeyId, SecretAccessKey, SessionToken], mask);
    const parsed = reply.safeParse(answer);
    if (!parsed.success) throw new Error("the answer holds no complete credentials");
    const given = parsed.data.Credentials;
    return {
      credentials: {
        accessKeyId: given.AccessKeyId,
        secretAccessKey: given.SecretAccessKey,
        sessionToken: given.SessionToken,
        expiresAt: given.Expiration,
      },
    };
  } catch (error) {
    return { error };
  } finally {
    client.destroy();
  }
}

/** The runner hides values line by line. */
function maskAll(values: readonly (string | undefined)[], mask: (value: string) => void): void {
  for (const value of values) {
    for (const line of (value ?? "").split(/\r?\n/)) if (line.trim() !== "") mask(line);
  }
}
