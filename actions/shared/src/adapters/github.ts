const requestLimitMilliseconds = 30_000;
/** A longer wait is worth less than an answer: the caller falls back and says so. */
const longestWaitSeconds = 300;
const mostRateLimitRetries = 2;

export interface GitHubAccess {
  readonly token: string;
  /** Undefined: GITHUB_API_URL, which the runner sets, or github.com. */
  readonly apiUrl?: string | undefined;
}

/**
 * GitHub's API. Server errors are retried; rate limits are obeyed as GitHub states them (at least a minute
 * where it states nothing); every request has a time limit. Loaded only when something is to be asked.
 */
export async function openGitHub({ token, apiUrl }: GitHubAccess) {
  const [{ GitHub, defaults, getOctokitOptions }, { retry }, { throttling }] = await Promise.all([
    import("@actions/github/lib/utils"),
    import("@octokit/plugin-retry"),
    import("@octokit/plugin-throttling"),
  ]);
  const proxied = defaults.request?.fetch as typeof fetch;
  const again = (retryAfter: number, _options: unknown, _octokit: unknown, retryCount: number) =>
    retryCount < mostRateLimitRetries && retryAfter <= longestWaitSeconds;
  return new (GitHub.plugin(retry, throttling))({
    ...getOctokitOptions(token),
    ...(apiUrl === undefined ? {} : { baseUrl: apiUrl }),
    request: {
      fetch: (url: string, init: RequestInit) =>
        proxied(url, { ...init, signal: AbortSignal.timeout(requestLimitMilliseconds) }),
    },
    throttle: { onRateLimit: again, onSecondaryRateLimit: again },
  });
}

export type GitHubClient = Awaited<ReturnType<typeof openGitHub>>;

/** HTTP status of a failed request, or undefined when the request got no answer. */
export function statusOf(error: unknown): number | undefined {
  return error instanceof Error && "status" in error && typeof error.status === "number"
    ? error.status
    : undefined;
}
