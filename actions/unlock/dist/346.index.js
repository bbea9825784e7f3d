export const id = 346;
export const ids = [346];
export const modules = {

/***/ 9346:
/***/ ((__unused_webpack___webpack_module__, __webpack_exports__, __webpack_require__) => {

__webpack_require__.r(__webpack_exports__);
/* harmony export */ __webpack_require__.d(__webpack_exports__, {
/* harmony export */   keepInIssue: () => (/* binding */ keepInIssue)
/* harmony export */ });
/* harmony import */ var zod__WEBPACK_IMPORTED_MODULE_0__ = __webpack_require__(2857);

const label = "state-lock";
const issueList = zod__WEBPACK_IMPORTED_MODULE_0__/* .array */ .YOg(zod__WEBPACK_IMPORTED_MODULE_0__/* .object */ .Ikc({ number: zod__WEBPACK_IMPORTED_MODULE_0__/* .number */ .aig(), title: zod__WEBPACK_IMPORTED_MODULE_0__/* .string */ .YjP(), pull_request: zod__WEBPACK_IMPORTED_MODULE_0__/* .unknown */ .L5J().optional() }));
const written = zod__WEBPACK_IMPORTED_MODULE_0__/* .object */ .Ikc({ html_url: zod__WEBPACK_IMPORTED_MODULE_0__/* .string */ .YjP() });
/**
 * Keeps a text in the open issue of that title, as a comment, or in a new one. Returns its address. Needs
 * `issues: write`; throws Octokit's errors.
 */
async function keepInIssue({ rest, paginate }, repository, { title, text }) {
    const [owner = "", repo = ""] = repository.split("/");
    const request = { owner, repo, state: "open", labels: label, per_page: 100 };
    const open = issueList.parse(await paginate(rest.issues.listForRepo, request));
    const same = open.find((issue) => issue.title === title && issue.pull_request === undefined);
    const { data } = same === undefined
        ? await rest.issues.create({ owner, repo, title, body: text, labels: [label] })
        : await rest.issues.createComment({ owner, repo, issue_number: same.number, body: text });
    return written.parse(data).html_url;
}


/***/ })

};
