import { createHash } from "node:crypto";
import {
  appendFileSync,
  cpSync,
  existsSync,
  globSync,
  mkdirSync,
  readFileSync,
  rmSync,
  statSync,
} from "node:fs";
import { dirname, join, relative, resolve, sep } from "node:path";

const input = (name: string): string => (process.env[`INPUT_${name.toUpperCase()}`] ?? "").trim();

function fail(message: string): never {
  console.log(`::error::${message}`);
  process.exit(1);
}

function filesBelow(path: string): string[] {
  if (!statSync(path).isDirectory()) return [path];
  return globSync("**/*", { cwd: path })
    .concat(globSync("**/.*", { cwd: path }), globSync("**/.*/**/*", { cwd: path }))
    .map((name) => join(path, name))
    .filter((file) => statSync(file).isFile());
}

/** Where names in the artifact begin: the folder itself when there is one, else what all paths have in common. */
function rootOf(searched: readonly string[]): string {
  const folders = searched.map((path) => (statSync(path).isDirectory() ? path : dirname(path)));
  return folders.reduce((one, other) => {
    const a = one.split(sep);
    const b = other.split(sep);
    return a.slice(0, a.findIndex((part, index) => part !== b[index]) >>> 0).join(sep) || sep;
  });
}

const workspace = process.env["GITHUB_WORKSPACE"] ?? ".";
const patterns = input("path")
  .split("\n")
  .map((line) => line.trim())
  .filter((line) => line !== "");
if (patterns.length === 0) fail("Input required and not supplied: path");
if (patterns.some((pattern) => pattern.startsWith("!"))) fail("the stand-in knows no excluding patterns");
const searched = patterns.flatMap((pattern) => {
  const path = resolve(workspace, pattern.replace(/^~/, process.env["HOME"] ?? "~"));
  return existsSync(path) ? [path] : globSync(path);
});
const hidden = input("include-hidden-files") === "true";
const root = searched.length === 0 ? workspace : rootOf(searched);
const files = [...new Set(searched.flatMap(filesBelow))]
  .filter(
    (file) =>
      hidden ||
      !relative(root, file)
        .split(sep)
        .some((part) => part.startsWith(".")),
  )
  .sort();
const name = input("name") || "artifact";
if (/["<>|:*?\r\n\\/]/.test(name)) fail(`The artifact name is not valid: ${name}`);
if (files.length === 0) {
  const message = `No files were found with the provided path: ${patterns.join(" ")}. No artifacts will be uploaded.`;
  if (input("if-no-files-found") === "error") fail(message);
  if (input("if-no-files-found") !== "ignore") console.log(`::warning::${message}`);
} else {
  const target = join(process.env["REHEARSAL_ARTIFACTS"] ?? fail("REHEARSAL_ARTIFACTS is not set"), name);
  if (existsSync(target) && input("overwrite") !== "true")
    fail(`Failed to CreateArtifact: an artifact with this name already exists on the workflow run: ${name}`);
  rmSync(target, { recursive: true, force: true });
  const digest = createHash("sha256");
  for (const file of files) {
    const place = join(target, relative(root, file));
    mkdirSync(dirname(place), { recursive: true });
    cpSync(file, place);
    digest.update(relative(root, file)).update("\0").update(readFileSync(file));
  }
  const hex = digest.digest("hex");
  appendFileSync(
    process.env["GITHUB_OUTPUT"] ?? "/dev/null",
    `artifact-id=${Number.parseInt(hex.slice(0, 8), 16)}\nartifact-digest=${hex}\n`,
  );
  console.log(`${files.length} files uploaded as ${name}`);
}
