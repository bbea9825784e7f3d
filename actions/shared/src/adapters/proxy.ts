import http from "node:http";
import https from "node:https";

/**
 * Agent for TLS that goes through HTTPS_PROXY unless NO_PROXY names the host, as Terraform and Octokit do by
 * themselves. Node reads both from the environment since 24.5; before, the agent connects directly.
 */
export function tlsAgent(env: Readonly<Record<string, string | undefined>> = process.env): https.Agent {
  return new https.Agent({ keepAlive: true, maxSockets: 50, proxyEnv: env });
}

/** The same for every later `fetch` of this process, from Node 24.14 on. */
export function fetchThroughProxy(env: Readonly<Record<string, string | undefined>>): void {
  if (env["HTTPS_PROXY"] ?? env["https_proxy"]) http.setGlobalProxyFromEnv?.(env);
}
