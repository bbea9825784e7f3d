import { SecretsProvider } from "@aws-lambda-powertools/parameters/secrets";
import type { SecretsManagerClient } from "@aws-sdk/client-secrets-manager";

/** There is to be a token, and there is none that could be used. What the secret holds is never part of a message. */
export class TokenError extends Error {
  override readonly name = "TokenError";
}

const cacheSeconds = 300;

/** Reads GitHub's token; within a few minutes, only once. */
export type ReadToken = (secretArn: string) => Promise<string>;

export function secretToken(client: SecretsManagerClient): ReadToken {
  const provider = new SecretsProvider({ awsSdkV3Client: client });
  return async (secretArn) => {
    const secret = await read(provider, secretArn);
    const token = typeof secret === "string" ? secret.trim() : "";
    if (!/^[\x21-\x7e]+$/.test(token))
      throw new TokenError(
        `The secret ${secretArn} of TOKEN_SECRET_ARN holds no token: it must be the token alone, as text`,
      );
    return token;
  };
}

async function read(provider: SecretsProvider, secretArn: string): Promise<unknown> {
  try {
    return await provider.get(secretArn, { maxAge: cacheSeconds });
  } catch (error) {
    const cause = error instanceof Error ? (error.cause ?? error) : error;
    const reason = cause instanceof Error ? cause.name : "unknown error";
    throw new TokenError(
      `The secret ${secretArn} of TOKEN_SECRET_ARN cannot be read (${reason}). Make it, let the function read it, or take the variable away`,
      { cause: error },
    );
  }
}
