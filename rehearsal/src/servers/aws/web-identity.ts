import { createRemoteJWKSet, errors, jwtVerify } from "jose";
import { isTrusted } from "./authorize.ts";
import type { IamReader, Role } from "./iam-reader.ts";

/** Why a token or a role was refused, with the code that STS answers. */
export class IdentityRefused extends Error {
  readonly code: string;

  constructor(code: string, message: string) {
    super(message);
    this.code = code;
  }
}

export interface WebIdentity {
  readonly role: Role;
  readonly subject: string;
}

export interface WebIdentityOptions {
  readonly iam: IamReader;
  readonly account: string;
  /** `https://…` as it stands in the tokens. */
  readonly issuer: string;
  /** Where this issuer's keys are served. */
  readonly keysUrl: string;
}

/** What STS does before it gives out credentials: verifies the token, then asks the role's trust policy. */
export function createWebIdentityCheck(
  options: WebIdentityOptions,
): (token: string, roleArn: string) => Promise<WebIdentity> {
  const keys = createRemoteJWKSet(new URL(options.keysUrl));
  const provider = `arn:aws:iam::${options.account}:oidc-provider/${new URL(options.issuer).host}`;
  return async (token, roleArn) => {
    const claims = await verify(token, keys, options.issuer);
    const role = await options.iam.role(roleArn);
    const subject = claims["sub"] ?? "";
    if (role === undefined || !(await isTrusted(role, provider, claims)))
      throw new IdentityRefused("AccessDenied", "Not authorized to perform sts:AssumeRoleWithWebIdentity");
    return { role, subject };
  };
}

async function verify(
  token: string,
  keys: Parameters<typeof jwtVerify>[1] & object,
  issuer: string,
): Promise<Record<string, string>> {
  try {
    const { payload } = await jwtVerify(token, keys as ReturnType<typeof createRemoteJWKSet>, {
      issuer,
      algorithms: ["RS256"],
    });
    return Object.fromEntries(
      Object.entries(payload).flatMap(([name, value]): [string, string][] =>
        typeof value === "string" || typeof value === "number" ? [[name, String(value)]] : [],
      ),
    );
  } catch (error) {
    if (error instanceof errors.JWTExpired)
      throw new IdentityRefused("ExpiredTokenException", "Token expired");
    if (error instanceof errors.JOSEError) throw new IdentityRefused("InvalidIdentityToken", error.message);
    throw error;
  }
}
