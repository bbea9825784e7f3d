import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { mkdir, readdir, rename, writeFile } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { build } from "esbuild";
import { zipSync } from "fflate";

/** The deployment package of one function. Its handler is `index.handler`, an ES module for Node 22 and later. */
export interface BuiltFunction {
  /** The name of the function's folder. */
  readonly name: string;
  /** Absolute path of the zip file. */
  readonly zip: string;
  /** Of the zip file, hexadecimal. */
  readonly sha256: string;
}

const functionsDir = dirname(fileURLToPath(import.meta.url));
/** Lambda's limit for a package that is uploaded directly. */
const maxZipBytes = 50 * 1024 * 1024;

/**
 * Bundles every folder that has a `src/handler.ts` to `<folder>/dist/index.mjs`, and packs it as `<outDir>/<name>.zip`.
 * The same sources and dependencies give the same bytes, whatever the path, time zone or locale.
 * @throws when a bundle does not build or is too large for Lambda
 */
export async function buildFunctions(outDir: string): Promise<BuiltFunction[]> {
  await mkdir(outDir, { recursive: true });
  return Promise.all((await functionNames()).map((name) => buildFunction(name, resolve(outDir))));
}

async function functionNames(): Promise<string[]> {
  const folders = await readdir(functionsDir);
  return folders.filter((name) => existsSync(join(functionsDir, name, "src", "handler.ts"))).sort();
}

async function buildFunction(name: string, outDir: string): Promise<BuiltFunction> {
  const bundle = await bundleHandler(name);
  const zipped = pack(bundle);
  if (zipped.length > maxZipBytes) {
    throw new Error(`The package of ${name} has ${zipped.length} bytes; Lambda takes at most ${maxZipBytes}`);
  }
  const zip = join(outDir, `${name}.zip`);
  await mkdir(join(functionsDir, name, "dist"), { recursive: true });
  await Promise.all([
    replaceFile(join(functionsDir, name, "dist", "index.mjs"), bundle),
    replaceFile(zip, zipped),
  ]);
  return { name, zip, sha256: createHash("sha256").update(zipped).digest("hex") };
}

async function bundleHandler(name: string): Promise<Uint8Array> {
  const { outputFiles } = await build({
    entryPoints: [join(functionsDir, name, "src", "handler.ts")],
    absWorkingDir: functionsDir,
    bundle: true,
    write: false,
    minify: true,
    sourcemap: false,
    legalComments: "none",
    platform: "node",
    // The oldest runtime that a stack may choose: the AWS provider in use knows no newer one than nodejs22.x.
    target: "node22",
    format: "esm",
    mainFields: ["module", "main"],
    // Dependencies that are CommonJS require Node's own modules.
    banner: { js: 'import{createRequire}from"node:module";const require=createRequire(import.meta.url);' },
    tsconfigRaw: {},
    logLevel: "silent",
  });
  const [bundle] = outputFiles;
  if (bundle === undefined) throw new Error(`esbuild wrote no bundle for ${name}`);
  return bundle.contents;
}

function pack(bundle: Uint8Array): Uint8Array {
  // A zip file knows local time only: made from local components, the date is the same in every time zone.
  const mtime = new Date(1980, 0, 1);
  const unix = 3;
  return zipSync({ "index.mjs": [bundle, { mtime, os: unix, attrs: 0o100644 << 16, level: 9 }] });
}

/** Renamed into place, so that a build at the same time never sees half a file. */
async function replaceFile(path: string, content: Uint8Array): Promise<void> {
  const temporary = `${path}.${process.pid}.${Math.random().toString(36).slice(2)}`;
  await writeFile(temporary, content);
  await rename(temporary, path);
}

const usage = `Bundles every function and packs it for Lambda.

  node functions/build.ts --out DIR

Writes functions/<name>/dist/index.mjs and DIR/<name>.zip, and prints name, SHA-256 and path of each zip file.`;

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: { out: { type: "string" }, help: { type: "boolean", short: "h" } },
  });
  if (values.help === true) return console.log(usage);
  if (values.out === undefined || values.out === "") throw new Error(`--out is missing\n\n${usage}`);
  for (const { name, sha256, zip } of await buildFunctions(values.out))
    console.log(`${name}\t${sha256}\t${zip}`);
}

if (import.meta.main) {
  main().catch((error: unknown) => {
    console.error(error instanceof Error ? error.message : error);
    process.exitCode = 1;
  });
}
