export const id = 310;
export const ids = [310];
export const modules = {

/***/ 6310:
/***/ ((__unused_webpack___webpack_module__, __webpack_exports__, __webpack_require__) => {

__webpack_require__.r(__webpack_exports__);
/* harmony export */ __webpack_require__.d(__webpack_exports__, {
/* harmony export */   pullRequestComments: () => (/* binding */ pullRequestComments),
/* harmony export */   viewer: () => (/* binding */ viewer)
/* harmony export */ });
/* harmony import */ var zod__WEBPACK_IMPORTED_MODULE_0__ = __webpack_require__(9691);

const author = zod__WEBPACK_IMPORTED_MODULE_0__/* .object */ .Ikc({ login: zod__WEBPACK_IMPORTED_MODULE_0__/* .string */ .YjP(), type: zod__WEBPACK_IMPORTED_MODULE_0__/* .string */ .YjP().default("User") }).nullish();
const commentList = zod__WEBPACK_IMPORTED_MODULE_0__/* .array */ .YOg(zod__WEBPACK_IMPORTED_MODULE_0__/* .object */ .Ikc({ id: zod__WEBPACK_IMPORTED_MODULE_0__/* .number */ .aig(), body: zod__WEBPACK_IMPORTED_MODULE_0__/* .string */ .YjP().nullish(), user: author }));
const openPulls = zod__WEBPACK_IMPORTED_MODULE_0__/* .array */ .YOg(zod__WEBPACK_IMPORTED_MODULE_0__/* .object */ .Ikc({ number: zod__WEBPACK_IMPORTED_MODULE_0__/* .number */ .aig() }));
const written = zod__WEBPACK_IMPORTED_MODULE_0__/* .object */ .Ikc({ id: zod__WEBPACK_IMPORTED_MODULE_0__/* .number */ .aig(), html_url: zod__WEBPACK_IMPORTED_MODULE_0__/* .string */ .YjP() });
const pullList = zod__WEBPACK_IMPORTED_MODULE_0__/* .array */ .YOg(zod__WEBPACK_IMPORTED_MODULE_0__/* .object */ .Ikc({ number: zod__WEBPACK_IMPORTED_MODULE_0__/* .number */ .aig(), merged_at: zod__WEBPACK_IMPORTED_MODULE_0__/* .string */ .YjP().nullish(), merge_commit_sha: zod__WEBPACK_IMPORTED_MODULE_0__/* .string */ .YjP().nullish() }));
/** What GITHUB_TOKEN writes as; it may not ask who it is. */
const workflowIdentity = "github-actions[bot]";
/** Comments of the pull requests of one repository (`owner/name`). Failures are Octokit's errors, with a status. */
function pullRequestComments(github, repository) {
    const [owner = "", repo = ""] = repository.split("/");
    const { rest, paginate } = github;
    return {
        async pullRequestsOf(commit) {
            const request = { owner, repo, commit_sha: commit, per_page: 100 };
            const found = pullList.parse(await paginate(rest.repos.listPullRequestsAssociatedWithCommit, request));
            return found.map((pull) => ({
                number: pull.number,
                merged: pull.merged_at != null,
                mergeCommit: pull.merge_commit_sha ?? undefined,
            }));
        },
        async openPullRequests(most) {
            const request = {
                owner,
                repo,
                state: "open",
                sort: "updated",
                direction: "desc",
                per_page: most,
            };
            return openPulls.parse((await rest.pulls.list(request)).data).map(({ number }) => number);
        },
        async list(pullRequest) {
            const request = { owner, repo, issue_number: pullRequest, per_page: 100 };
            const found = commentList.parse(await paginate(rest.issues.listComments, request));
            return found.map(({ id, body, user }) => ({
                id,
                body: body ?? "",
                author: { login: user?.login ?? "", bot: user?.type === "Bot" },
            }));
        },
        viewer: () => viewer(github),
        async create(pullRequest, body) {
            const { data } = await rest.issues.createComment({ owner, repo, issue_number: pullRequest, body });
            return written.parse(data).html_url;
        },
        async update(comment, body) {
            const { data } = await rest.issues.updateComment({ owner, repo, comment_id: comment, body });
            return written.parse(data).html_url;
        },
        async remove(comment) {
            await rest.issues.deleteComment({ owner, repo, comment_id: comment });
        },
    };
}
/** Login that a token writes as. GraphQL answers for every kind of token, REST for those of persons; what neither knows is the workflow's. */
async function viewer(github) {
    const asked = [
        async () => zod__WEBPACK_IMPORTED_MODULE_0__/* .object */ .Ikc({ viewer: zod__WEBPACK_IMPORTED_MODULE_0__/* .object */ .Ikc({ login: zod__WEBPACK_IMPORTED_MODULE_0__/* .string */ .YjP() }) })
            .parse(await github.graphql("{ viewer { login } }")).viewer.login,
        async () => zod__WEBPACK_IMPORTED_MODULE_0__/* .object */ .Ikc({ login: zod__WEBPACK_IMPORTED_MODULE_0__/* .string */ .YjP() }).parse((await github.rest.users.getAuthenticated()).data).login,
    ];
    for (const ask of asked) {
        const login = await ask().catch(() => undefined);
        if (login !== undefined && login !== "")
            return login;
    }
    return workflowIdentity;
}


/***/ })

};
