import { appendFileSync, cpSync, existsSync, mkdirSync, readdirSync } from "node:fs";
import { join, matchesGlob, resolve } from "node:path";

const input = (name: string): string => (process.env[`INPUT_${name.toUpperCase()}`] ?? "").trim();

function fail(message: string): never {
  console.log(`::error::${message}`);
  process.exit(1);
}

const store = process.env["REHEARSAL_ARTIFACTS"] ?? fail("REHEARSAL_ARTIFACTS is not set");
if (input("artifact-ids") !== "") fail("the stand-in knows no artifact-ids");
if (input("run-id") !== "" && input("run-id") !== process.env["GITHUB_RUN_ID"])
  fail("the stand-in knows only the artifacts of this run");
const all = existsSync(store) ? readdirSync(store).sort() : [];
const name = input("name");
const pattern = input("pattern");
const chosen =
  name !== ""
    ? all.filter((given) => given === name)
    : all.filter((given) => pattern === "" || matchesGlob(given, pattern));
if (name !== "" && chosen.length === 0)
  fail(`Unable to download artifact(s): Artifact not found for name: ${name}`);
const path = resolve(
  process.env["GITHUB_WORKSPACE"] ?? ".",
  input("path").replace(/^~/, process.env["HOME"] ?? "~"),
);
const together = name !== "" || input("merge-multiple") === "true";
mkdirSync(path, { recursive: true });
for (const artifact of chosen)
  cpSync(join(store, artifact), together ? path : join(path, artifact), { recursive: true, force: true });
appendFileSync(process.env["GITHUB_OUTPUT"] ?? "/dev/null", `download-path=${path}\n`);
console.log(`${chosen.length} artifacts downloaded: ${chosen.join(", ")}`);
