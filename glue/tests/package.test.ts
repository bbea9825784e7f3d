import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdtemp, readFile, rm, utimes } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { promisify } from "node:util";
import { unzipSync } from "fflate";
import { afterAll, beforeAll, expect, test } from "vitest";
import { buildGluePackage } from "../package.ts";

const run = promisify(execFile);
const python = process.env["PYTHON"] ?? "python3";
let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "glue-package-"));
});

afterAll(async () => {
  await rm(folder, { recursive: true });
});

test("the same sources give the same bytes, whatever their times and the time zone", async () => {
  const first = await buildGluePackage(join(folder, "first"));
  const source = new URL("../activity_lake/__init__.py", import.meta.url);
  await utimes(source, new Date(), new Date());
  const build =
    "const m = await import(process.argv[1]); console.log((await m.buildGluePackage(process.argv[2])).sha256)";
  const module = new URL("../package.ts", import.meta.url).href;
  for (const zone of ["Pacific/Auckland", "America/Los_Angeles"]) {
    const second = await run(
      process.execPath,
      ["--input-type=module", "-e", build, module, join(folder, zone.replace("/", "-"))],
      { env: { ...process.env, TZ: zone } },
    );
    expect(second.stdout.trim()).toBe(first.sha256);
  }
});

test("the digest is that of the file and the file is named as pip wants it", async () => {
  const { file, sha256 } = await buildGluePackage(join(folder, "named"));
  expect(basename(file)).toMatch(/^activity_lake-\d+\.\d+\.\d+-py3-none-any\.whl$/);
  expect(
    createHash("sha256")
      .update(await readFile(file))
      .digest("hex"),
  ).toBe(sha256);
});

test("the wheel holds the library and nothing else", async () => {
  const { file } = await buildGluePackage(join(folder, "content"));
  const names = Object.keys(unzipSync(await readFile(file)));
  expect(names).toEqual(expect.arrayContaining(["activity_lake/ingestion.py", "activity_lake/tables.json"]));
  expect(
    names.filter(
      (name) => !/^activity_lake(\/\w+\.(py|json)|-[\d.]+\.dist-info\/(METADATA|WHEEL|RECORD))$/.test(name),
    ),
  ).toEqual([]);
});

test("Python reads the library and its data from the wheel as it is, and pip installs both", async () => {
  const { file } = await buildGluePackage(join(folder, "installed"));
  const where =
    "import activity_lake, importlib.resources as r; print(activity_lake.__file__); " +
    "print(sum(len(r.files('activity_lake').joinpath(n).read_bytes()) for n in ('tables.json', 'quality.json')))";
  const here = new URL("../activity_lake/", import.meta.url);
  const data = ["tables.json", "quality.json"].map((name) => readFile(new URL(name, here)));
  const bytes = (await Promise.all(data)).reduce((sum, content) => sum + content.length, 0);
  const imported = await run(python, ["-c", where], { env: { ...process.env, PYTHONPATH: file } });
  expect(imported.stdout).toBe(`${join(file, "activity_lake", "__init__.py")}\n${bytes}\n`);

  const target = join(folder, "site");
  await run(python, ["-m", "pip", "install", "--quiet", "--no-index", "--no-deps", "--target", target, file]);
  const installed = await run(python, ["-c", where], { env: { ...process.env, PYTHONPATH: target } });
  expect(installed.stdout).toBe(`${join(target, "activity_lake", "__init__.py")}\n${bytes}\n`);
}, 60_000);
