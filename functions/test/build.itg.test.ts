import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { cp, mkdir, mkdtemp, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { unzipSync } from "fflate";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type BuiltFunction, buildFunctions } from "../build.ts";

const run = promisify(execFile);
const root = fileURLToPath(new URL("../..", import.meta.url));
let folder: string;
let built: BuiltFunction[];

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "functions-"));
  built = await buildFunctions(join(folder, "out"));
}, 60_000);
afterAll(() => rm(folder, { recursive: true }));

test("every function has a package of its own, below Lambda's limit", async () => {
  expect(built.map(({ name }) => name)).toEqual(["ingestion-batch-layer", "ingestion-real-time-layer"]);
  for (const { zip, sha256 } of built) {
    const content = await readFile(zip);
    expect(createHash("sha256").update(content).digest("hex")).toBe(sha256);
    expect(content.length).toBeLessThan(50 * 1024 * 1024);
    expect(Object.keys(unzipSync(content))).toEqual(["index.mjs"]);
  }
});

test("another path, time zone and locale give the same bytes", async () => {
  const copy = join(folder, "a copy at another depth", "checkout");
  await mkdir(copy, { recursive: true });
  const skipDist = (source: string) => !source.endsWith("/dist");
  await cp(join(root, "functions"), join(copy, "functions"), { recursive: true, filter: skipDist });
  await cp(join(root, "package.json"), join(copy, "package.json"));
  await symlink(join(root, "node_modules"), join(copy, "node_modules"));
  const env = { ...process.env, TZ: "Asia/Kathmandu", LC_ALL: "tr_TR.UTF-8" };
  const { stdout } = await run(process.execPath, ["functions/build.ts", "--out", "out"], { cwd: copy, env });
  const digests = stdout
    .trimEnd()
    .split("\n")
    .map((line) => line.split("\t").slice(0, 2));
  expect(digests).toEqual(built.map(({ name, sha256 }) => [name, sha256]));
}, 60_000);

test.each(["ingestion-batch-layer", "ingestion-real-time-layer"])(
  "the package of %s runs away from node_modules and reads its environment at the call",
  async (name) => {
    const content = unzipSync(await readFile(built.find((one) => one.name === name)?.zip ?? ""))["index.mjs"];
    const away = join(folder, `away-${name}`);
    await mkdir(away);
    await writeFile(join(away, "index.mjs"), content ?? "");
    const call =
      'const { handler } = await import("./index.mjs"); await handler({}).catch(({ message }) => console.log(message));';
    const { stdout } = await run(process.execPath, ["--input-type=module", "--eval", call], {
      cwd: away,
      env: {
        AWS_REGION: "eu-west-1",
        RAW_BUCKET: "Not A Bucket",
        MANIFEST_TABLE: "hour-manifest",
        QUEUE_URL: "http://127.0.0.1/queue",
      },
    });
    expect(stdout).toBe(
      'The environment of the function is wrong. RAW_BUCKET: "Not A Bucket" is not a bucket\'s name\n',
    );
  },
);

test("the program says what is missing", async () => {
  const refused = run(process.execPath, [join(root, "functions/build.ts")]);
  await expect(refused).rejects.toMatchObject({
    code: 1,
    stderr: expect.stringContaining("--out is missing"),
  });
});
