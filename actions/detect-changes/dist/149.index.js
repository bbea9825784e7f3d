export const id = 149;
export const ids = [149];
export const modules = {

/***/ 4149:
/***/ ((__unused_webpack___webpack_module__, __webpack_exports__, __webpack_require__) => {

__webpack_require__.r(__webpack_exports__);
/* harmony export */ __webpack_require__.d(__webpack_exports__, {
/* harmony export */   sessionName: () => (/* binding */ sessionName)
/* harmony export */ });
/* harmony import */ var node_crypto__WEBPACK_IMPORTED_MODULE_0__ = __webpack_require__(7598);

const maxLength = 64;
/**
 * Name of a session as AWS wants it ([\w+=,.@-], 2 to 64 characters), from parts such as the repository, run
 * and stack. The same parts give the same name; names that had to be changed or cut end in a digest of the
 * parts, so that two of them stay apart.
 */
function sessionName(...parts) {
    const wished = parts.filter((part) => part !== "").join("/");
    const plain = wished.replaceAll("/", "-");
    const clean = plain.replace(/[^\w+=,.@-]+/g, "-");
    if (clean === plain && clean.length >= 2 && clean.length <= maxLength)
        return clean;
    const digest = (0,node_crypto__WEBPACK_IMPORTED_MODULE_0__.createHash)("sha256").update(wished).digest("hex").slice(0, 8);
    return `${clean.slice(0, maxLength - digest.length - 1)}-${digest}`;
}


/***/ })

};
