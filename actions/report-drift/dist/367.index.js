export const id = 367;
export const ids = [367];
export const modules = {

/***/ 8367:
/***/ ((__unused_webpack___webpack_module__, __webpack_exports__, __webpack_require__) => {

__webpack_require__.r(__webpack_exports__);
/* harmony export */ __webpack_require__.d(__webpack_exports__, {
/* harmony export */   openGitHub: () => (/* binding */ openGitHub),
/* harmony export */   statusOf: () => (/* binding */ statusOf)
/* harmony export */ });
const requestLimitMilliseconds = 30_000;
/** A longer wait is worth less than an answer: the caller falls back and says so. */
const longestWaitSeconds = 300;
const mostRateLimitRetries = 2;
/**
 * GitHub's API. Server errors are retried; rate limits are obeyed as GitHub states them (at least a minute
 * where it states nothing); every request has a time limit. Loaded only when something is to be asked.
 */
async function openGitHub({ token, apiUrl }) {
    const [{ GitHub, defaults, getOctokitOptions }, { retry }, { throttling }] = await Promise.all([
        __webpack_require__.e(/* import() */ 250).then(__webpack_require__.bind(__webpack_require__, 5250)),
        Promise.all(/* import() */[__webpack_require__.e(251), __webpack_require__.e(735)]).then(__webpack_require__.bind(__webpack_require__, 9735)),
        Promise.all(/* import() */[__webpack_require__.e(251), __webpack_require__.e(856)]).then(__webpack_require__.bind(__webpack_require__, 6856)),
    ]);
    const proxied = defaults.request?.fetch;
    const again = (retryAfter, _options, _octokit, retryCount) => retryCount < mostRateLimitRetries && retryAfter <= longestWaitSeconds;
    return new (GitHub.plugin(retry, throttling))({
        ...getOctokitOptions(token),
        ...(apiUrl === undefined ? {} : { baseUrl: apiUrl }),
        request: {
            fetch: (url, init) => proxied(url, { ...init, signal: AbortSignal.timeout(requestLimitMilliseconds) }),
        },
        throttle: { onRateLimit: again, onSecondaryRateLimit: again },
    });
}
/** HTTP status of a failed request, or undefined when the request got no answer. */
function statusOf(error) {
    return error instanceof Error && "status" in error && typeof error.status === "number"
        ? error.status
        : undefined;
}


/***/ })

};
