export const id = 781;
export const ids = [781];
export const modules = {

/***/ 8781:
/***/ ((__unused_webpack___webpack_module__, __webpack_exports__, __webpack_require__) => {

// ESM COMPAT FLAG
__webpack_require__.r(__webpack_exports__);

// EXPORTS
__webpack_require__.d(__webpack_exports__, {
  trackedIssues: () => (/* binding */ trackedIssues)
});

// EXTERNAL MODULE: ./node_modules/zod/v4/classic/schemas.js + 11 modules
var schemas = __webpack_require__(2857);
;// CONCATENATED MODULE: ./build/actions/shared/src/adapters/pull-request-comments.js

const author = schemas/* object */.Ikc({ login: schemas/* string */.YjP(), type: schemas/* string */.YjP().default("User") }).nullish();
const commentList = schemas/* array */.YOg(schemas/* object */.Ikc({ id: schemas/* number */.aig(), body: schemas/* string */.YjP().nullish(), user: author }));
const openPulls = schemas/* array */.YOg(schemas/* object */.Ikc({ number: schemas/* number */.aig() }));
const written = schemas/* object */.Ikc({ id: schemas/* number */.aig(), html_url: schemas/* string */.YjP() });
const pullList = schemas/* array */.YOg(schemas/* object */.Ikc({ number: schemas/* number */.aig(), merged_at: schemas/* string */.YjP().nullish(), merge_commit_sha: schemas/* string */.YjP().nullish() }));
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
        async () => schemas/* object */.Ikc({ viewer: schemas/* object */.Ikc({ login: schemas/* string */.YjP() }) })
            .parse(await github.graphql("{ viewer { login } }")).viewer.login,
        async () => schemas/* object */.Ikc({ login: schemas/* string */.YjP() }).parse((await github.rest.users.getAuthenticated()).data).login,
    ];
    for (const ask of asked) {
        const login = await ask().catch(() => undefined);
        if (login !== undefined && login !== "")
            return login;
    }
    return workflowIdentity;
}

;// CONCATENATED MODULE: ./build/actions/shared/src/adapters/tracked-issues.js


const issueList = schemas/* array */.YOg(schemas/* object */.Ikc({
    number: schemas/* number */.aig(),
    title: schemas/* string */.YjP(),
    body: schemas/* string */.YjP().nullish(),
    user: schemas/* object */.Ikc({ login: schemas/* string */.YjP(), type: schemas/* string */.YjP().default("User") }).nullish(),
    pull_request: schemas/* unknown */.L5J().optional(),
}));
const tracked_issues_written = schemas/* object */.Ikc({ number: schemas/* number */.aig() });
/** Issues of `owner/name` under a label. Needs `issues: write`; failures are Octokit's errors, with a status. */
function trackedIssues(github, repository, label) {
    const [owner = "", repo = ""] = repository.split("/");
    const { rest, paginate } = github;
    return {
        async list() {
            const request = { owner, repo, labels: label, state: "open", per_page: 100 };
            const found = issueList.parse(await paginate(rest.issues.listForRepo, request));
            return found
                .filter((issue) => issue.pull_request === undefined)
                .map(({ number, title, body, user }) => ({
                number,
                title,
                body: body ?? "",
                author: { login: user?.login ?? "", bot: user?.type === "Bot" },
            }))
                .toSorted((left, right) => left.number - right.number);
        },
        viewer: () => viewer(github),
        async create({ title, body }) {
            const { data } = await rest.issues.create({ owner, repo, title, body, labels: [label] });
            return tracked_issues_written.parse(data).number;
        },
        async update(number, { title, body }) {
            await rest.issues.update({ owner, repo, issue_number: number, title, body });
        },
        async close(number, body) {
            await rest.issues.update({
                owner,
                repo,
                issue_number: number,
                body,
                state: "closed",
                state_reason: "completed",
            });
        },
    };
}


/***/ })

};
