import { join } from "node:path";
import { z } from "zod";
import { Naming } from "../../../infra/naming.ts";
import type { StoredObject } from "../account.ts";
import type { DataScene } from "../rehearsal.ts";
import { startArchive } from "../servers/archive.ts";
import { administrator } from "../servers/aws-front.ts";
import { deployedFunction, invoke } from "./batch-function.ts";
import { type Input, prepareInput } from "./input.ts";
import { type Metrics, runJob, runPython } from "./spark.ts";

const qualifiedSchema = z.object({
  rows: z.number(),
  spark: z.string(),
  types: z.record(z.string(), z.number()),
  minutes: z.record(z.string(), z.number()),
  repositories: z.record(z.string(), z.number()),
});

export interface DataFacts {
  readonly input: Input;
  readonly raw: readonly StoredObject[];
  readonly qualified: readonly StoredObject[];
  readonly ingestion: Metrics;
  readonly processing: Metrics;
  readonly read: z.infer<typeof qualifiedSchema>;
}

/** Step 6: the deployed code moves real data, from the archive through the raw into the qualified layer. */
export async function moveData(scene: DataScene, assembly: string): Promise<DataFacts> {
  const { account, checks, map, progress } = scene;
  const input = await prepareInput(scene);
  progress.line(`events: ${input.origin}`);
  const environment = map.environments.get("stage");
  if (environment === undefined) throw new Error("the stack map has no environment stage");
  const naming = (stack: string): Naming =>
    new Naming({
      project: map.project,
      account: environment.account,
      region: environment.region,
      stack: `stage/${stack}`,
    });
  const storage = naming("storage/s3");
  const [rawBucket, qualifiedBucket] = [
    storage.bucketName("raw-layer"),
    storage.bucketName("qualified-layer"),
  ];
  await land(scene, naming("workflow/lambda").name("ingestion-batch-layer"), { input, assembly });
  const raw = await account.list(rawBucket);
  checks.equal("the raw layer holds each hour's bytes", sizes(raw), sizes(input.hours));
  const jobs = naming("workflow/glue");
  // The jobs know the manifest's table; it is there once its stack is.
  const manifest = map.stacks.has("stage/storage/dynamodb") ? ["manifest-table"] : [];
  const ingestion = await timed(scene, "ingestion job", () =>
    runJob(scene, jobs.name("ingestion-layer"), ["raw-uri", "ingested-uri", "quarantine-uri", ...manifest]),
  );
  const processing = await timed(scene, "processing job", () =>
    runJob(scene, jobs.name("processing-layer"), ["ingested-uri", "qualified-uri", ...manifest]),
  );
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
  const numbers = z.object({ lines: z.number(), rows: z.number(), quarantined: z.number() }).parse(ingestion);
  const kept = z.object({ rows: z.number(), kept: z.number(), duplicates: z.number() }).parse(processing);
  checks.equal(
    `${numbers.lines} lines are rows or set aside`,
    numbers.rows + numbers.quarantined,
    numbers.lines,
  );
  checks.equal(`${numbers.rows} rows are kept or duplicates`, kept.kept + kept.duplicates, numbers.rows);
  checks.equal(`${kept.kept} events are read back`, read.rows, kept.kept);
  return { input, raw, qualified: await account.list(qualifiedBucket), ingestion, processing, read };
}

interface Landing {
  readonly input: Input;
  readonly assembly: string;
}

async function land(scene: DataScene, name: string, { input, assembly }: Landing): Promise<void> {
  const { checks, progress } = scene;
  await using cleanup = new AsyncDisposableStack();
  const archive = cleanup.adopt(await startArchive(input.archive), (server) => server.close());
  const batch = await deployedFunction(scene, name, assembly);
  for (const { name: hour, bytes } of input.hours) {
    const started = Date.now();
    const landing = await invoke(scene, batch, { hour }, archive.url);
    progress.done(
      `${hour}: ${String(landing["outcome"])}, ${bytes.toLocaleString("en")} bytes`,
      Date.now() - started,
    );
  }
  const [first] = input.hours;
  const before = await scene.account.list(batch.variables["RAW_BUCKET"] ?? "");
  await invoke(scene, batch, { hour: first?.name }, archive.url);
  const after = await scene.account.list(batch.variables["RAW_BUCKET"] ?? "");
  checks.equal("landing an hour again changes nothing", after, before);
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
