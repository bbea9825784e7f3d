import type { Credentials } from "../ports/credentials.ts";

/** Settings that every AWS client of ours shares. No credentials: whatever the environment has. */
export function awsClientConfig(region: string, credentials: Credentials | undefined) {
  return {
    region,
    maxAttempts: 4,
    requestHandler: { connectionTimeout: 5_000, requestTimeout: 30_000, throwOnRequestTimeout: true },
    ...(credentials === undefined ? {} : { credentials: sdkCredentials(credentials) }),
  };
}

function sdkCredentials({ accessKeyId, secretAccessKey, sessionToken, expiresAt }: Credentials) {
  return { accessKeyId, secretAccessKey, sessionToken, expiration: expiresAt };
}
