import { join } from "node:path";
import { z } from "zod";
import { Naming } from "../../../infra/naming.ts";
import type { StoredObject } from "../account.ts";
import type { DataScene } from "../rehearsal.ts";
import { startArchive } from "../servers/archive.ts";
import { administrator } from "../servers/aws-front.ts";
import { deployedFunction, invoke } from "./batch-function.ts";
import { feedFromQueue } from "./event-source.ts";
import type { Input } from "./input.ts";
import { type HourFacts, hoursInManifest, type TableFacts, tablesInCatalog } from "./lake-facts.ts";
import { type Metrics, runJob, runPython } from "./spark.ts";

const qualifiedSchema = z.object({
  rows: z.number(),
  spark: z.string(),
  types: z.record(z.string(), z.number()),
  minutes: z.record(z.string(), z.number()),
  repositories: z.record(z.string(), z.number()),
  tables: z.record(z.string(), z.number()),
});

export interface DataFacts {
  readonly input: Input;
  readonly hours: readonly HourFacts[];
  readonly tables: readonly TableFacts[];
  readonly raw: readonly StoredObject[];
  readonly qualified: readonly StoredObject[];
  readonly ingestion: Metrics;
  readonly processing: Metrics;
  readonly read: z.infer<typeof qualifiedSchema>;
}

/** The deployed code moves data, from the archive through the raw into the qualified layer. */
export async function moveData(scene: DataScene, assembly: string): Promise<DataFacts> {
  const { account, checks, input, progress } = scene;
  progress.line(`events: ${input.origin}`);
  const naming = namingOf(scene);
  const storage = naming("storage/s3");
  const [rawBucket, qualifiedBucket] = [
    storage.bucketName("raw-layer"),
    storage.bucketName("qualified-layer"),
  ];
  await land(scene, naming("workflow/lambda").name("ingestion-batch-layer"), { input, assembly });
  const raw = await account.list(rawBucket);
  checks.equal("the raw layer holds each hour's bytes", sizes(raw), sizes(input.hours));
  const { ingestion, processing } = await runJobs(scene, naming("workflow/glue"));
  const text = await timed(scene, "qualified layer read back", () =>
    runPython(
      scene,
      [join(import.meta.dirname, "..", "..", "read_qualified.py"), `s3://${qualifiedBucket}`],
      { session: administrator },
    ),
  );
  const read = qualifiedSchema.parse(
    JSON.parse(text.split("\n").findLast((line) => line.startsWith("{")) ?? "{}"),
  );
  const hours = await hoursInManifest(scene, storage);
  const tables = await tablesInCatalog(scene, storage, { processing, rows: read.tables });
  checkCounts(scene, { hours, input, processing, read, tables });
  const qualified = await account.list(qualifiedBucket);
  return { input, hours, tables, raw, qualified, ingestion, processing, read };
}

function namingOf({ map }: DataScene): (stack: string) => Naming {
  const environment = map.environments.get("stage");
  if (environment === undefined) throw new Error("the stack map has no environment stage");
  const { account, region } = environment;
  return (stack) => new Naming({ project: map.project, account, region, stack: `stage/${stack}` });
}

/** The jobs as they are deployed: their hours come from the manifest, and what came of them goes there. */
async function runJobs(
  scene: DataScene,
  naming: Naming,
): Promise<Pick<DataFacts, "ingestion" | "processing">> {
  const ingestion = await timed(scene, "ingestion job", () =>
    runJob(scene, naming.name("ingestion-layer"), [
      "raw-uri",
      "ingested-uri",
      "quarantine-uri",
      "manifest-table",
    ]),
  );
  const processing = await timed(scene, "processing job", () =>
    runJob(scene, naming.name("processing-layer"), ["ingested-uri", "qualified-uri", "manifest-table"]),
  );
  const numbers = z.object({ lines: z.number(), rows: z.number(), quarantined: z.number() }).parse(ingestion);
  const kept = z.object({ rows: z.number(), kept: z.number(), duplicates: z.number() }).parse(processing);
  scene.checks.equal(
    `${numbers.lines} lines are rows or set aside`,
    numbers.rows + numbers.quarantined,
    numbers.lines,
  );
  scene.checks.equal(
    `${numbers.rows} rows are kept or duplicates`,
    kept.kept + kept.duplicates,
    numbers.rows,
  );
  return { ingestion, processing };
}

type Counted = Pick<DataFacts, "hours" | "input" | "processing" | "read" | "tables">;

function checkCounts({ checks }: DataScene, { hours, input, processing, read, tables }: Counted): void {
  checks.equal(`${read.rows} events are read back, as many as were kept`, read.rows, processing["kept"]);
  checks.equal(
    "the manifest has each hour as processed",
    hours.map(({ hour, state, pending }) => [hour, state, pending ?? "nothing"]),
    input.hours.map(({ name }) => [twoDigits(name), "processed", "nothing"]).sort(),
  );
  checks.equal(
    "the manifest's hours add up to the events read back",
    hours.reduce((sum, { kept }) => sum + kept, 0),
    read.rows,
  );
  checks.equal(
    "the catalog knows every table",
    tables.map(({ name }) => name).sort(),
    Object.keys(read.tables).sort(),
  );
  checks.equal(
    "every quality rule that keeps data out holds",
    tables.flatMap(({ broken }) => broken.filter((text) => text.startsWith("fail"))),
    [],
  );
}

/** The manifest writes the hour of the day with two digits, the archive without a leading zero. */
function twoDigits(hour: string): string {
  return hour.replace(/-(\d)$/, "-0$1");
}

interface Landing {
  readonly input: Input;
  readonly assembly: string;
}

/** Asks for the hours as an operator does, and lets the queue feed the function until it is empty. */
async function land(scene: DataScene, name: string, { input, assembly }: Landing): Promise<void> {
  const { account, checks } = scene;
  await using cleanup = new AsyncDisposableStack();
  const archive = cleanup.adopt(await startArchive(input.archive), (server) => server.close());
  const batch = await deployedFunction(scene, name, assembly);
  const names = input.hours.map((hour) => hour.name);
  await timed(scene, "hours asked for: npm run backfill", () => askFor(scene, names));
  const fed = await timed(scene, "hours landed", () => feedFromQueue(scene, batch, archive.url));
  checks.equal("each message landed its hour", [fed.messages, fed.failures], [names.length, 0]);
  const before = await account.list(batch.variables["RAW_BUCKET"] ?? "");
  await invoke(scene, batch, { hour: names[0] }, archive.url);
  const after = await account.list(batch.variables["RAW_BUCKET"] ?? "");
  checks.equal("landing an hour again changes nothing", after, before);
}

/** By the command itself: once where the hours follow each other, else once for each. */
async function askFor(
  { env, map, processes, servers, source }: DataScene,
  hours: readonly string[],
): Promise<void> {
  const moments = hours.map(startOf).sort((a, b) => a - b);
  const [first = 0, last = first] = [moments[0], moments.at(-1)];
  const whole = last - first === (moments.length - 1) * 3_600_000;
  const ranges = whole ? [[first, last]] : moments.map((moment) => [moment, moment]);
  for (const range of ranges) {
    const [from = "", to = ""] = range.map((moment) => nameOf(moment));
    await processes.run("node", ["functions/backfill/main.ts", "--from", from, "--to", to, "--send"], {
      cwd: source,
      env: {
        ...env,
        AWS_ENDPOINT_URL: servers.aws.url,
        AWS_REGION: map.store.region,
        AWS_ACCESS_KEY_ID: administrator.accessKeyId,
        AWS_SECRET_ACCESS_KEY: administrator.secretAccessKey,
      },
    });
  }
}

function startOf(hour: string): number {
  return Date.parse(`${hour.slice(0, 10)}T${hour.slice(11).padStart(2, "0")}:00:00Z`);
}

function nameOf(moment: number): string {
  const iso = new Date(moment).toISOString();
  return `${iso.slice(0, 10)}-${Number(iso.slice(11, 13))}`;
}

function sizes(objects: readonly { readonly bytes: number }[]): number[] {
  return objects.map(({ bytes }) => bytes).sort((a, b) => a - b);
}

async function timed<Result>(
  { progress }: DataScene,
  what: string,
  work: () => Promise<Result>,
): Promise<Result> {
  const started = Date.now();
  const result = await work();
  progress.done(what, Date.now() - started);
  return result;
}
