import { randomBytes, timingSafeEqual } from "node:crypto";
import type { IncomingMessage } from "node:http";
import { type CryptoKey, exportJWK, generateKeyPair, SignJWT } from "jose";
import { type HttpServer, listen, sendJson } from "./http-server.ts";

/** What GitHub puts into every token, so what roles trust: the address of the real issuer. */
export const githubIssuer = "https://token.actions.githubusercontent.com";

/** One workflow run, as far as its tokens speak of it. */
export interface TokenRun {
  readonly id: string;
  readonly attempt: number;
  readonly repository: string;
  /** Path in the repository, `.github/workflows/deploy.yml`. */
  readonly workflow: string;
  readonly workflowName: string;
  readonly event: string;
  readonly ref: string;
  readonly sha: string;
  readonly actor: string;
  readonly headRef?: string | undefined;
  readonly baseRef?: string | undefined;
}

export interface OidcIssuer extends HttpServer {
  /** Lets the jobs of a run ask for tokens; returns the bearer token that they show. */
  admit(run: TokenRun): { readonly requestUrl: string; readonly requestToken: string };
  /** No tokens for this run any more. */
  dismiss(requestToken: string): void;
}

/**
 * Issues tokens as GitHub does for a job that has `id-token: write`: RS256, 300 seconds, the same claims.
 * The job's environment comes in the address that the job was given.
 */
export async function startOidcIssuer(): Promise<OidcIssuer> {
  const { privateKey, publicKey } = await generateKeyPair("RS256");
  const kid = randomBytes(8).toString("hex");
  const key = { ...(await exportJWK(publicKey)), kid, alg: "RS256", use: "sig" };
  const admitted = new Map<string, TokenRun>();
  const server = await listen(async (request, response) => {
    const url = new URL(request.url ?? "/", "http://127.0.0.1");
    if (url.pathname === "/.well-known/openid-configuration")
      return sendJson(response, 200, discovery(server.url));
    if (url.pathname === "/.well-known/jwks") return sendJson(response, 200, { keys: [key] });
    if (url.pathname !== "/token") return sendJson(response, 404, { message: "Not found" });
    const run = find(admitted, request);
    if (run === undefined)
      return sendJson(response, 401, { message: "The request token is not that of a job that runs now." });
    const value = await sign(claimsOf(run, url.searchParams), { privateKey, kid });
    return sendJson(response, 200, { count: value.length, value });
  });
  return {
    ...server,
    admit: (run) => {
      const requestToken = randomBytes(24).toString("base64url");
      admitted.set(requestToken, run);
      return { requestUrl: `${server.url}/token?api-version=2.0`, requestToken };
    },
    dismiss: (requestToken) => void admitted.delete(requestToken),
  };
}

function discovery(url: string): object {
  return {
    issuer: githubIssuer,
    jwks_uri: `${url}/.well-known/jwks`,
    subject_types_supported: ["public", "pairwise"],
    response_types_supported: ["id_token"],
    id_token_signing_alg_values_supported: ["RS256"],
    scopes_supported: ["openid"],
  };
}

function find(admitted: ReadonlyMap<string, TokenRun>, request: IncomingMessage): TokenRun | undefined {
  const shown = Buffer.from((request.headers.authorization ?? "").replace(/^bearer /i, ""));
  for (const [token, run] of admitted) {
    const known = Buffer.from(token);
    if (known.length === shown.length && timingSafeEqual(known, shown)) return run;
  }
  return undefined;
}

/** The environment wins over the event, the event over the ref. */
export function subjectOf(run: TokenRun, environment: string | undefined): string {
  const escape = (value: string): string => value.replaceAll(":", "%3A");
  if (environment !== undefined) return `repo:${run.repository}:environment:${escape(environment)}`;
  if (run.event === "pull_request") return `repo:${run.repository}:pull_request`;
  return `repo:${run.repository}:ref:${run.ref}`;
}

function claimsOf(run: TokenRun, query: URLSearchParams): Record<string, string> {
  const environment = query.get("environment") || undefined;
  const [owner = ""] = run.repository.split("/");
  return {
    sub: subjectOf(run, environment),
    aud: query.get("audience") || `https://github.com/${owner}`,
    ref: run.ref,
    ref_type: run.ref.startsWith("refs/tags/") ? "tag" : "branch",
    sha: run.sha,
    repository: run.repository,
    repository_owner: owner,
    repository_id: "2",
    repository_owner_id: "1",
    repository_visibility: "private",
    run_id: run.id,
    run_number: run.id,
    run_attempt: String(run.attempt),
    runner_environment: "github-hosted",
    actor: run.actor,
    actor_id: "3",
    workflow: run.workflowName,
    workflow_ref: `${run.repository}/${run.workflow}@${run.ref}`,
    workflow_sha: run.sha,
    job_workflow_ref: `${run.repository}/${run.workflow}@${run.ref}`,
    job_workflow_sha: run.sha,
    event_name: run.event,
    head_ref: run.headRef ?? "",
    base_ref: run.baseRef ?? "",
    ...(environment === undefined ? {} : { environment }),
  };
}

async function sign(
  claims: Record<string, string>,
  { privateKey, kid }: { privateKey: CryptoKey; kid: string },
): Promise<string> {
  const now = Math.floor(Date.now() / 1000);
  return new SignJWT(claims)
    .setProtectedHeader({ alg: "RS256", typ: "JWT", kid })
    .setIssuer(githubIssuer)
    .setJti(randomBytes(16).toString("hex"))
    .setNotBefore(now - 600)
    .setIssuedAt(now)
    .setExpirationTime(now + 300)
    .sign(privateKey);
}
