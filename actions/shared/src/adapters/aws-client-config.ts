import type { Credentials } from "../ports/credentials.ts";
import { tlsAgent } from "./proxy.ts";

/** Settings that every AWS client of ours shares. No credentials: whatever the environment has. */
export function awsClientConfig(region: string, credentials: Credentials | undefined) {
  return {
    region,
    maxAttempts: 4,
    requestHandler: requestHandler(30_000),
    ...(credentials === undefined ? {} : { credentials: sdkCredentials(credentials) }),
  };
}

export function requestHandler(requestTimeout: number) {
  return { connectionTimeout: 5_000, requestTimeout, throwOnRequestTimeout: true, httpsAgent: tlsAgent() };
}

function sdkCredentials({ accessKeyId, secretAccessKey, sessionToken, expiresAt }: Credentials) {
  return { accessKeyId, secretAccessKey, sessionToken, expiration: expiresAt };
}
