export const id = 808;
export const ids = [808];
export const modules = {

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

/***/ 3808:
/***/ ((__unused_webpack___webpack_module__, __webpack_exports__, __webpack_require__) => {

__webpack_require__.r(__webpack_exports__);
/* harmony export */ __webpack_require__.d(__webpack_exports__, {
/* harmony export */   openObjectStore: () => (/* binding */ openObjectStore)
/* harmony export */ });
/* harmony import */ var _action_error_js__WEBPACK_IMPORTED_MODULE_0__ = __webpack_require__(2676);
/* harmony import */ var _aws_fault_js__WEBPACK_IMPORTED_MODULE_3__ = __webpack_require__(6881);
/* harmony import */ var _aws_client_config_js__WEBPACK_IMPORTED_MODULE_1__ = __webpack_require__(2910);
/* harmony import */ var _system_clock_js__WEBPACK_IMPORTED_MODULE_2__ = __webpack_require__(8158);




/** Objects of one bucket. Every failure but an absent object and a failed condition is an ActionError. */
async function openObjectStore({ bucket, region, credentials, }) {
    const { S3Client } = await Promise.all(/* import() */[__webpack_require__.e(861), __webpack_require__.e(711)]).then(__webpack_require__.t.bind(__webpack_require__, 3711, 19));
    return new S3ObjectStore(new S3Client((0,_aws_client_config_js__WEBPACK_IMPORTED_MODULE_1__/* .awsClientConfig */ .r)(region, credentials)), bucket);
}
const conflictTries = 5;
class S3ObjectStore {
    client;
    bucket;
    constructor(client, bucket) {
        this.client = client;
        this.bucket = bucket;
    }
    async read(key) {
        const { GetObjectCommand } = await Promise.all(/* import() */[__webpack_require__.e(861), __webpack_require__.e(711)]).then(__webpack_require__.t.bind(__webpack_require__, 3711, 19));
        try {
            const { Body, ETag } = await this.client.send(new GetObjectCommand({ Bucket: this.bucket, Key: key }));
            if (Body === undefined || ETag === undefined)
                throw new Error("the answer has no body or no ETag");
            return { body: await Body.transformToString("utf-8"), etag: ETag };
        }
        catch (error) {
            if ((0,_aws_fault_js__WEBPACK_IMPORTED_MODULE_3__/* .awsFault */ ._)(error).code === "NoSuchKey")
                return undefined;
            throw this.failed("read", key, error);
        }
    }
    async list(prefix) {
        const { paginateListObjectsV2 } = await Promise.all(/* import() */[__webpack_require__.e(861), __webpack_require__.e(711)]).then(__webpack_require__.t.bind(__webpack_require__, 3711, 19));
        const keys = [];
        try {
            for await (const page of paginateListObjectsV2({ client: this.client }, { Bucket: this.bucket, Prefix: prefix })) {
                for (const { Key } of page.Contents ?? [])
                    if (Key !== undefined)
                        keys.push(Key);
            }
        }
        catch (error) {
            throw this.failed("list", `${prefix}*`, error);
        }
        return keys;
    }
    async write(key, body, condition) {
        for (let attempt = 1;; attempt++) {
            const fault = await this.put(key, body, condition);
            if (fault === undefined)
                return true;
            if (fault.status === 412 && condition !== "always")
                return fault.attempts > 1 && (await this.holds(key, body));
            if (fault.code === "NoSuchKey" && condition !== "always")
                return false;
            if (fault.status !== 409 || attempt === conflictTries)
                throw this.failed("write", key, fault.error);
            await _system_clock_js__WEBPACK_IMPORTED_MODULE_2__/* .systemClock */ .m.sleep(100 * 2 ** attempt);
        }
    }
    async put(key, body, condition) {
        const { PutObjectCommand } = await Promise.all(/* import() */[__webpack_require__.e(861), __webpack_require__.e(711)]).then(__webpack_require__.t.bind(__webpack_require__, 3711, 19));
        const object = { Bucket: this.bucket, Key: key, Body: body, ContentType: "application/json" };
        try {
            await this.client.send(new PutObjectCommand({ ...object, ...conditionHeaders(condition) }));
            return undefined;
        }
        catch (error) {
            return { ...(0,_aws_fault_js__WEBPACK_IMPORTED_MODULE_3__/* .awsFault */ ._)(error), error };
        }
    }
    /** After a retry, a failed condition may be our own earlier write whose answer was lost. */
    async holds(key, body) {
        return (await this.read(key))?.body === body;
    }
    failed(verb, key, error) {
        const fault = (0,_aws_fault_js__WEBPACK_IMPORTED_MODULE_3__/* .awsFault */ ._)(error);
        return new _action_error_js__WEBPACK_IMPORTED_MODULE_0__/* .ActionError */ .l(`Could not ${verb} s3://${this.bucket}/${key}: ${(0,_aws_fault_js__WEBPACK_IMPORTED_MODULE_3__/* .describeFault */ .Q)(fault)}`, {
            hint: hintFor(fault, this.bucket),
            cause: error,
        });
    }
}
function conditionHeaders(condition) {
    if (condition === "always")
        return {};
    return condition.ifMatch === undefined ? { IfNoneMatch: "*" } : { IfMatch: condition.ifMatch };
}
function hintFor({ code, status }, bucket) {
    if (code === "NoSuchBucket")
        return `The stack map names the bucket "${bucket}"; bootstrap creates it.`;
    if (code === "CredentialsProviderError")
        return "No AWS credentials: let the action assume a role, or run assume-role before it.";
    if (status === 403)
        return "The role (or its session policy) does not allow it; s3:ListBucket is needed too, or S3 answers 403 for absent objects.";
    if (status === 301)
        return "The bucket is in another region than the stack map says.";
    return "Nothing was taken for granted because of it; run the job again.";
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
