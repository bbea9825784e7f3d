import { createHash } from "node:crypto";
import { mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { type Zippable, zipSync } from "fflate";

const NAME = "activity_lake";
const HERE = import.meta.dirname;

export interface GluePackage {
  /** Path of the wheel. */
  readonly file: string;
  /** Hex SHA-256 of the wheel's bytes. */
  readonly sha256: string;
}

interface WheelEntry {
  readonly path: string;
  readonly content: Buffer;
}

/**
 * Write the jobs' library as a pure Python wheel into a folder, which is made if need be. The same sources
 * give the same bytes on every machine, so that a plan shows a new library only where the library is new.
 */
export async function buildGluePackage(outDir: string): Promise<GluePackage> {
  const version = await readVersion();
  const info = `${NAME}-${version}.dist-info`;
  const entries = [
    ...(await readSources()),
    textEntry(`${info}/METADATA`, `Metadata-Version: 2.1\nName: ${NAME}\nVersion: ${version}\n`),
    textEntry(
      `${info}/WHEEL`,
      "Wheel-Version: 1.0\nGenerator: activity-lake\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    ),
  ];
  const wheel = zip([...entries, record(entries, `${info}/RECORD`)]);
  const file = join(outDir, `${NAME}-${version}-py3-none-any.whl`);
  await mkdir(outDir, { recursive: true });
  await writeFile(file, wheel);
  return { file, sha256: createHash("sha256").update(wheel).digest("hex") };
}

async function readVersion(): Promise<string> {
  const project = await readFile(join(HERE, "pyproject.toml"), "utf8");
  const version = /^version = "([^"]+)"$/m.exec(project)?.[1];
  if (version === undefined) throw new Error("glue/pyproject.toml names no version");
  return version;
}

async function readSources(): Promise<WheelEntry[]> {
  const names = await readdir(join(HERE, NAME), { recursive: true });
  const sources = names.filter((name) => /\.(py|json)$/.test(name)).sort();
  return Promise.all(
    sources.map(async (name) => ({
      path: `${NAME}/${name.replaceAll("\\", "/")}`,
      content: await readFile(join(HERE, NAME, name)),
    })),
  );
}

function textEntry(path: string, text: string): WheelEntry {
  return { path, content: Buffer.from(text) };
}

/** The wheel's list of its files with digest and size; pip refuses a wheel where they differ. */
function record(entries: readonly WheelEntry[], path: string): WheelEntry {
  const lines = entries.map(({ path, content }) => {
    const digest = createHash("sha256").update(content).digest("base64url");
    return `${path},sha256=${digest},${content.length}`;
  });
  return textEntry(path, `${[...lines, `${path},,`].join("\n")}\n`);
}

function zip(entries: readonly WheelEntry[]): Uint8Array {
  // Zip keeps local time: the date is made of local parts so that its bytes do not depend on the time zone.
  const mtime = new Date(1980, 0, 1);
  const regularFile = 0o100644 << 16;
  const files: Zippable = {};
  for (const { path, content } of entries) {
    files[path] = [new Uint8Array(content), { mtime, os: 3, attrs: regularFile, level: 9 }];
  }
  return zipSync(files);
}
