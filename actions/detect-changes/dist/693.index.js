export const id = 693;
export const ids = [693];
export const modules = {

/***/ 693:
/***/ ((__unused_webpack___webpack_module__, __webpack_exports__, __webpack_require__) => {

// ESM COMPAT FLAG
__webpack_require__.r(__webpack_exports__);

// EXPORTS
__webpack_require__.d(__webpack_exports__, {
  createAssumeRole: () => (/* binding */ createAssumeRole),
  defaultAudience: () => (/* binding */ defaultAudience)
});

// EXTERNAL MODULE: ./node_modules/zod/v4/classic/schemas.js + 11 modules
var schemas = __webpack_require__(2857);
// EXTERNAL MODULE: ./build/actions/shared/src/aws-fault.js
var aws_fault = __webpack_require__(6881);
;// CONCATENATED MODULE: ./build/actions/shared/src/backoff.js
/**
 * Milliseconds to wait after the given failure, counted from 1: doubles up to the cap, and is spread over
 * the upper half, so that many jobs that failed together do not come back together. `random` is in [0, 1).
 */
function backoffMs(failures, { baseMs, capMs }, random) {
    const ceiling = Math.min(capMs, baseMs * 2 ** Math.min(failures - 1, 30));
    return Math.round(ceiling / 2 + (ceiling / 2) * random());
}

// EXTERNAL MODULE: ./build/actions/shared/src/one-line.js
var one_line = __webpack_require__(3660);
;// CONCATENATED MODULE: ./build/actions/shared/src/oidc-claims.js


/** The claims that trust policies look at. Decoded to be shown, never verified and never believed. */
const shownClaims = ["iss", "sub", "aud", "environment", "job_workflow_ref", "ref"];
const payload = schemas/* record */.g1P(schemas/* string */.YjP(), schemas/* unknown */.L5J());
/** Decodes the payload of a JWT; what is no JWT has no claims. */
function decodeClaims(jwt) {
    const parsed = payload.safeParse(jsonOf(Buffer.from(jwt.split(".")[1] ?? "", "base64url").toString("utf8")));
    if (!parsed.success)
        return {};
    const claims = {};
    for (const name of shownClaims) {
        const value = parsed.data[name];
        if (typeof value === "string")
            claims[name] = (0,one_line/* oneLine */.T)(value);
        else if (Array.isArray(value))
            claims[name] = (0,one_line/* oneLine */.T)(value.join(", "));
    }
    return claims;
}
/** One line a claim, absent ones too: a trust policy that asks for an environment fails on a job without one. */
function describeClaims(claims) {
    return shownClaims.map((name) => `  ${name}: ${claims[name] ?? "(not in the token)"}`).join("\n");
}
function jsonOf(text) {
    try {
        return JSON.parse(text);
    }
    catch {
        return undefined;
    }
}

// EXTERNAL MODULE: ./build/actions/shared/src/action-error.js
var action_error = __webpack_require__(2676);
;// CONCATENATED MODULE: ./build/actions/shared/src/sts-faults.js



const retryRules = {
    throttled: { tries: 20, baseMs: 1_000, capMs: 16_000, withinMs: 120_000 },
    unreachable: { tries: 5, baseMs: 500, capMs: 8_000, withinMs: 60_000 },
    "expired-token": { tries: 2, baseMs: 0, capMs: 0, withinMs: 60_000 },
    denied: { tries: 3, baseMs: 3_000, capMs: 6_000, withinMs: 15_000 },
    final: { tries: 1, baseMs: 0, capMs: 0, withinMs: 0 },
};
const throttles = /^(Throttling|ThrottlingException|ThrottledException|RequestThrottled|TooManyRequestsException|RequestLimitExceeded|SlowDown|BandwidthLimitExceeded)$/;
function classifyFault({ code, message, status }) {
    if (throttles.test(code) || status === 429)
        return "throttled";
    if (code.startsWith("ExpiredToken"))
        return "expired-token";
    if (code.startsWith("AccessDenied"))
        return "denied";
    if (code.startsWith("IDPCommunicationError"))
        return "unreachable";
    if (code.startsWith("InvalidIdentityToken") && /verification key/i.test(message))
        return "unreachable";
    // No status: nothing was answered. A status below 400: something was, that is no answer of AWS.
    if (status === undefined || status >= 500 || status < 400)
        return "unreachable";
    return "final";
}
/** What AWS said about assuming the role, and what to do about it, for a person. */
function explainRefusal(refusal) {
    const { fault, request, tries, cause } = refusal;
    const times = tries === 1 ? "" : `, ${tries} tries`;
    const lines = [`AWS did not give the role ${request.roleArn}: ${(0,aws_fault/* describeFault */.Q)(fault)}${times}`];
    if (looksAtToken(fault))
        lines.push("The job's token says:", describeClaims(refusal.claims));
    if (Math.abs(refusal.skewSeconds) > 300)
        lines.push(`This machine's clock is ${Math.abs(refusal.skewSeconds)} s ${refusal.skewSeconds > 0 ? "behind" : "ahead of"} GitHub's`);
    return new action_error/* ActionError */.l(lines.join("\n"), { hint: hintFor(refusal), cause });
}
function looksAtToken(fault) {
    return classifyFault(fault) === "denied" || /^(InvalidIdentityToken|IDPRejectedClaim)/.test(fault.code);
}
const hints = [
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
function hintFor({ fault, request }) {
    const said = `${fault.code} ${fault.message}`;
    const known = hints.find(([pattern]) => pattern.test(fault.code) || pattern.test(said));
    const kind = classifyFault(fault);
    if (kind === "denied")
        return ("Compare these claims with the conditions of the role's trust policy (sub and aud above all): a job's `environment:` " +
            `changes sub, and the role must exist in account ${request.roleArn.split(":")[4] ?? ""}.`);
    if (known !== undefined)
        return known[1];
    if (kind === "throttled")
        return "Too many jobs ask AWS at once; run the job again, or set `max-parallel` on the matrix.";
    if (kind === "unreachable")
        return "AWS STS could not be reached, or could not reach GitHub; run the job again.";
    if (kind === "expired-token")
        return "The token expires five minutes after it was made; check the clocks of this machine.";
    return "Correct the role or the inputs; another try would be answered the same.";
}

// EXTERNAL MODULE: ./build/actions/shared/src/adapters/aws-client-config.js
var aws_client_config = __webpack_require__(2910);
// EXTERNAL MODULE: external "node:fs/promises"
var promises_ = __webpack_require__(1455);
// EXTERNAL MODULE: ./build/actions/shared/src/adapters/proxy.js
var proxy = __webpack_require__(7838);
;// CONCATENATED MODULE: ./build/actions/shared/src/adapters/oidc-token.js






const maxTries = 5;
const waits = { baseMs: 1_000, capMs: 8_000 };
const answer = schemas/* object */.Ikc({ value: schemas/* string */.YjP().min(1) });
class TokenFault extends Error {
    retry;
    constructor(message, retry, cause) {
        super(message, { cause });
        this.retry = retry;
    }
}
/** A fresh token of this job for the audience, masked. Five tries of five seconds; throws ActionError. */
async function requestIdToken(audience, source) {
    const { env, clock, log, random } = source;
    const url = env["ACTIONS_ID_TOKEN_REQUEST_URL"];
    const secret = env["ACTIONS_ID_TOKEN_REQUEST_TOKEN"];
    if (!url || !secret)
        throw await missingPermission(env);
    (0,proxy/* fetchThroughProxy */.G)(env);
    for (let attempt = 1;; attempt++) {
        try {
            return await requestOnce({ url: withAudience(url, audience), secret }, source);
        }
        catch (error) {
            if (!(error instanceof TokenFault))
                throw error;
            if (!error.retry || attempt === maxTries)
                throw noToken(error, attempt);
            const waitMs = backoffMs(attempt, waits, random);
            log(`GitHub gave no OIDC token: ${error.message}. Trying again in ${(waitMs / 1000).toFixed(1)} s.`);
            await clock.sleep(waitMs);
        }
    }
}
function withAudience(text, audience) {
    if (!URL.canParse(text))
        throw new action_error/* ActionError */.l("ACTIONS_ID_TOKEN_REQUEST_URL is not a URL", {
            hint: "The runner sets it; no step may change it.",
        });
    const url = new URL(text);
    url.searchParams.set("audience", audience);
    return url;
}
async function requestOnce(request, source) {
    const { status, date, text } = await fetchText(request, source.timeoutMs ?? 5_000);
    if (status !== 200) {
        const retry = status === 403 || status === 408 || status === 429 || status >= 500;
        throw new TokenFault(`HTTP ${status}: ${(0,one_line/* oneLine */.T)(messageOf(text), 200)}`, retry);
    }
    const parsed = answer.safeParse(oidc_token_jsonOf(text));
    if (!parsed.success)
        throw new TokenFault("the answer is not JSON with a `value`", true);
    source.mask(parsed.data.value);
    const skewMs = date === null ? 0 : Date.parse(date) - source.clock.now().getTime();
    return { jwt: parsed.data.value, skewSeconds: Number.isNaN(skewMs) ? 0 : Math.round(skewMs / 1000) };
}
async function fetchText({ url, secret }, timeoutMs) {
    try {
        const response = await fetch(url, {
            headers: { authorization: `Bearer ${secret}`, accept: "application/json" },
            redirect: "error",
            signal: AbortSignal.timeout(timeoutMs),
        });
        return { status: response.status, date: response.headers.get("date"), text: await response.text() };
    }
    catch (error) {
        throw new TokenFault(socketMessage(error, timeoutMs), true, error);
    }
}
function socketMessage(error, timeoutMs) {
    if (error instanceof Error && error.name === "TimeoutError")
        return `no answer within ${timeoutMs / 1000} s`;
    const inner = error instanceof Error && error.cause instanceof Error ? error.cause : error;
    return (0,one_line/* oneLine */.T)(inner instanceof Error ? inner.message : String(inner), 200);
}
/** The error text of the token service; of a page in HTML only that it is one. */
function messageOf(text) {
    const parsed = schemas/* object */.Ikc({ message: schemas/* string */.YjP() }).safeParse(oidc_token_jsonOf(text));
    if (parsed.success)
        return parsed.data.message;
    return /^\s*</.test(text) ? "an HTML page" : text;
}
function oidc_token_jsonOf(text) {
    try {
        return JSON.parse(text);
    }
    catch {
        return undefined;
    }
}
function noToken(fault, tries) {
    const times = tries === 1 ? "" : ` after ${tries} tries`;
    return new action_error/* ActionError */.l(`GitHub's token service gave no OIDC token${times}: ${fault.message}`, {
        hint: "It is GitHub's service (or a proxy before it) that failed, not AWS; run the job again, and see githubstatus.com.",
        cause: fault.cause,
    });
}
async function missingPermission(env) {
    const fork = await forkOf(env["GITHUB_EVENT_PATH"]);
    if (fork !== undefined)
        return new action_error/* ActionError */.l(`This run belongs to a pull request from the fork ${fork}: GitHub gives it no OIDC token, and no secrets`, {
            hint: "It cannot have AWS credentials. Someone with write access can push the branch to this repository after a review.",
        });
    const dependabot = env["GITHUB_ACTOR"] === "dependabot[bot]";
    return new action_error/* ActionError */.l("The job has no OIDC token: `permissions: id-token: write` is missing", {
        hint: dependabot
            ? "Dependabot's runs get a read-only token and no secrets, like those of a fork; they are not planned."
            : "Add `permissions: { id-token: write, contents: read }` to the job; a reusable workflow needs it in its caller too.",
    });
}
const pullRequestEvent = schemas/* object */.Ikc({
    pull_request: schemas/* object */.Ikc({
        head: schemas/* object */.Ikc({ repo: schemas/* object */.Ikc({ full_name: schemas/* string */.YjP() }).nullable() }),
        base: schemas/* object */.Ikc({ repo: schemas/* object */.Ikc({ full_name: schemas/* string */.YjP() }) }),
    }),
});
/** Name of the fork that a pull request comes from. It only words an error, so a file that cannot be read is none. */
async function forkOf(eventPath) {
    const text = eventPath === undefined ? "" : await (0,promises_.readFile)(eventPath, "utf8").catch(() => "");
    const event = pullRequestEvent.safeParse(oidc_token_jsonOf(text));
    if (!event.success)
        return undefined;
    const { head, base } = event.data.pull_request;
    const from = head.repo?.full_name ?? "(deleted)";
    return from === base.repo.full_name ? undefined : (0,one_line/* oneLine */.T)(from, 140);
}

// EXTERNAL MODULE: ./build/actions/shared/src/adapters/system-clock.js
var system_clock = __webpack_require__(8158);
;// CONCATENATED MODULE: ./build/actions/shared/src/adapters/assume-role.js








const defaultAudience = "sts.amazonaws.com";
/** Assumes roles by this job's OIDC token: STS AssumeRoleWithWebIdentity, retried where it can help. */
function createAssumeRole(options) {
    const { clock = system_clock/* systemClock */.m, random = Math.random, log = () => { }, env = process.env, mask } = options;
    const audience = options.audience ?? defaultAudience;
    const mint = () => requestIdToken(audience, { env, mask, log, clock, random });
    return async (request) => {
        const failures = new Map();
        let token = await mint();
        for (let tries = 1;; tries++) {
            const outcome = await callSts(request, token, mask);
            if ("credentials" in outcome)
                return outcome.credentials;
            const fault = (0,aws_fault/* awsFault */._)(outcome.error);
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
            log(`AWS STS: ${(0,aws_fault/* describeFault */.Q)(fault)}. Trying again in ${(waitMs / 1000).toFixed(1)} s.`);
            await clock.sleep(waitMs);
            if (kind === "expired-token")
                token = await mint();
        }
    };
}
/** Undefined: enough tries of this class of failure. */
function nextWait(kind, failures, { now, random }) {
    const rule = retryRules[kind];
    const { count, since } = failures.get(kind) ?? { count: 0, since: now };
    failures.set(kind, { count: count + 1, since });
    const waitMs = backoffMs(count + 1, rule, random);
    return count + 1 >= rule.tries || now + waitMs - since > rule.withinMs ? undefined : waitMs;
}
const reply = schemas/* object */.Ikc({
    Credentials: schemas/* object */.Ikc({
        AccessKeyId: schemas/* string */.YjP().min(1),
        SecretAccessKey: schemas/* string */.YjP().min(1),
        SessionToken: schemas/* string */.YjP().min(1),
        Expiration: schemas/* date */.p6U(),
    }),
});
/** One request. The SDK's own retries are off: it would repeat what must not be, with a token that expires. */
async function callSts(request, token, mask) {
    const { AssumeRoleWithWebIdentityCommand, STSClient } = await Promise.all(/* import() */[__webpack_require__.e(861), __webpack_require__.e(695)]).then(__webpack_require__.t.bind(__webpack_require__, 1695, 19));
    const client = new STSClient({
        ...(0,aws_client_config/* awsClientConfig */.r)(request.region, undefined),
        maxAttempts: 1,
        requestHandler: (0,aws_client_config/* requestHandler */.O)(10_000),
    });
    try {
        const answer = await client.send(new AssumeRoleWithWebIdentityCommand({
            RoleArn: request.roleArn,
            RoleSessionName: request.sessionName,
            DurationSeconds: request.durationSeconds,
            WebIdentityToken: token.jwt,
            ...(request.sessionPolicy === undefined ? {} : { Policy: request.sessionPolicy }),
        }));
        const { AccessKeyId, SecretAccessKey, SessionToken } = answer.Credentials ?? {};
        maskAll([AccessKeyId, SecretAccessKey, SessionToken], mask);
        const parsed = reply.safeParse(answer);
        if (!parsed.success)
            throw new Error("the answer holds no complete credentials");
        const given = parsed.data.Credentials;
        return {
            credentials: {
                accessKeyId: given.AccessKeyId,
                secretAccessKey: given.SecretAccessKey,
                sessionToken: given.SessionToken,
                expiresAt: given.Expiration,
            },
        };
    }
    catch (error) {
        return { error };
    }
    finally {
        client.destroy();
    }
}
/** The runner hides values line by line. */
function maskAll(values, mask) {
    for (const value of values) {
        for (const line of (value ?? "").split(/\r?\n/))
            if (line.trim() !== "")
                mask(line);
    }
}


/***/ }),

/***/ 2910:
/***/ ((__unused_webpack___webpack_module__, __webpack_exports__, __webpack_require__) => {

/* harmony export */ __webpack_require__.d(__webpack_exports__, {
/* harmony export */   O: () => (/* binding */ requestHandler),
/* harmony export */   r: () => (/* binding */ awsClientConfig)
/* harmony export */ });
/* harmony import */ var _proxy_js__WEBPACK_IMPORTED_MODULE_0__ = __webpack_require__(7838);

/** Settings that every AWS client of ours shares. No credentials: whatever the environment has. */
function awsClientConfig(region, credentials) {
    return {
        region,
        maxAttempts: 4,
        requestHandler: requestHandler(30_000),
        ...(credentials === undefined ? {} : { credentials: sdkCredentials(credentials) }),
    };
}
function requestHandler(requestTimeout) {
    return { connectionTimeout: 5_000, requestTimeout, throwOnRequestTimeout: true, httpsAgent: (0,_proxy_js__WEBPACK_IMPORTED_MODULE_0__/* .tlsAgent */ .r)() };
}
function sdkCredentials({ accessKeyId, secretAccessKey, sessionToken, expiresAt }) {
    return { accessKeyId, secretAccessKey, sessionToken, expiration: expiresAt };
}


/***/ }),

/***/ 7838:
/***/ ((__unused_webpack___webpack_module__, __webpack_exports__, __webpack_require__) => {

/* harmony export */ __webpack_require__.d(__webpack_exports__, {
/* harmony export */   G: () => (/* binding */ fetchThroughProxy),
/* harmony export */   r: () => (/* binding */ tlsAgent)
/* harmony export */ });
/* harmony import */ var node_http__WEBPACK_IMPORTED_MODULE_0__ = __webpack_require__(7067);
/* harmony import */ var node_https__WEBPACK_IMPORTED_MODULE_1__ = __webpack_require__(4708);


/**
 * Agent for TLS that goes through HTTPS_PROXY unless NO_PROXY names the host, as Terraform and Octokit do by
 * themselves. Node reads both from the environment since 24.5; before, the agent connects directly.
 */
function tlsAgent(env = process.env) {
    return new node_https__WEBPACK_IMPORTED_MODULE_1__.Agent({ keepAlive: true, maxSockets: 50, proxyEnv: env });
}
/** The same for every later `fetch` of this process, from Node 24.14 on. */
function fetchThroughProxy(env) {
    if (env["HTTPS_PROXY"] ?? env["https_proxy"])
        node_http__WEBPACK_IMPORTED_MODULE_0__.setGlobalProxyFromEnv?.(env);
}


/***/ }),

/***/ 8158:
/***/ ((__unused_webpack___webpack_module__, __webpack_exports__, __webpack_require__) => {

/* harmony export */ __webpack_require__.d(__webpack_exports__, {
/* harmony export */   m: () => (/* binding */ systemClock)
/* harmony export */ });
/* harmony import */ var node_timers_promises__WEBPACK_IMPORTED_MODULE_0__ = __webpack_require__(8500);

const systemClock = {
    now: () => new Date(),
    sleep: async (milliseconds) => {
        await (0,node_timers_promises__WEBPACK_IMPORTED_MODULE_0__.setTimeout)(milliseconds);
    },
};


/***/ }),

/***/ 6881:
/***/ ((__unused_webpack___webpack_module__, __webpack_exports__, __webpack_require__) => {

/* harmony export */ __webpack_require__.d(__webpack_exports__, {
/* harmony export */   Q: () => (/* binding */ describeFault),
/* harmony export */   _: () => (/* binding */ awsFault)
/* harmony export */ });
/* harmony import */ var _one_line_js__WEBPACK_IMPORTED_MODULE_0__ = __webpack_require__(3660);

function awsFault(error) {
    const { name, message, code, $metadata } = (typeof error === "object" && error !== null ? error : {});
    const named = typeof name === "string" && name !== "Error" ? name : typeof code === "string" ? code : "Error";
    return {
        code: (0,_one_line_js__WEBPACK_IMPORTED_MODULE_0__/* .oneLine */ .T)(named, 100),
        message: (0,_one_line_js__WEBPACK_IMPORTED_MODULE_0__/* .oneLine */ .T)(typeof message === "string" ? message : String(error)),
        status: $metadata?.httpStatusCode,
        attempts: $metadata?.attempts ?? 1,
    };
}
function describeFault({ code, message, status }) {
    const place = status === undefined ? "" : `, HTTP ${status}`;
    return message === "" || message === code ? `${code}${place}` : `${code}: ${message}${place}`;
}


/***/ }),

/***/ 3660:
/***/ ((__unused_webpack___webpack_module__, __webpack_exports__, __webpack_require__) => {

/* harmony export */ __webpack_require__.d(__webpack_exports__, {
/* harmony export */   T: () => (/* binding */ oneLine)
/* harmony export */ });
/**
 * Text from elsewhere, fit for a log: on one line, since the runner takes a line that begins with `::` for a
 * command, and cut to a sensible length.
 */
function oneLine(text, maxLength = 300) {
    const flat = text.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\s]+/gu, " ").trim();
    return flat.length > maxLength ? `${flat.slice(0, maxLength - 1)}…` : flat;
}


/***/ })

};
