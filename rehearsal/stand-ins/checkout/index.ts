import { execFileSync } from "node:child_process";
import { appendFileSync, mkdirSync } from "node:fs";
import { resolve } from "node:path";

const input = (name: string): string => (process.env[`INPUT_${name.toUpperCase()}`] ?? "").trim();

function fail(message: string): never {
  console.log(`::error::${message}`);
  process.exit(1);
}

const origin = process.env["REHEARSAL_ORIGIN"] ?? fail("REHEARSAL_ORIGIN is not set");
const repository = process.env["GITHUB_REPOSITORY"] ?? "";
if (![repository, ""].includes(input("repository"))) fail(`the rehearsal has only ${repository}`);
if (input("persist-credentials") !== "false") fail("persist-credentials must be false");

const folder = resolve(process.env["GITHUB_WORKSPACE"] ?? ".", input("path"));
mkdirSync(folder, { recursive: true });
const git = (...args: readonly string[]): string =>
  execFileSync("git", ["-c", "advice.detachedHead=false", ...args], {
    cwd: folder,
    encoding: "utf8",
    stdio: ["ignore", "pipe", "inherit"],
  });

const asked = input("ref");
const ref = asked === "" ? (process.env["GITHUB_SHA"] ?? fail("GITHUB_SHA is not set")) : asked;
const isCommit = /^[0-9a-f]{40}$/.test(ref);
const source = isCommit || ref.startsWith("refs/") ? ref : `refs/heads/${ref}`;
const target = isCommit
  ? "refs/rehearsal/commit"
  : source.replace(/^refs\/(heads\/)?/, "refs/remotes/origin/");

git("init", "--quiet");
git("remote", "add", "origin", `file://${origin}`);
const depth = Number(input("fetch-depth"));
const history = depth === 0 ? ["+refs/heads/*:refs/remotes/origin/*", "+refs/tags/*:refs/tags/*"] : [];
const limit = depth === 0 ? [] : [`--depth=${depth}`];
git("fetch", "--quiet", "--no-tags", "--prune", ...limit, "origin", ...history, `+${source}:${target}`);
git("checkout", "--quiet", "--force", "--detach", target);
const commit = git("rev-parse", "HEAD").trim();
appendFileSync(process.env["GITHUB_OUTPUT"] ?? "/dev/null", `ref=${ref}\ncommit=${commit}\n`);
console.log(`HEAD is now at ${git("log", "-1", "--format=%h %s").trim()}`);
