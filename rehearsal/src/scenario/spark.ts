import { existsSync } from "node:fs";
import { mkdir, readdir, writeFile } from "node:fs/promises";
import { basename, join } from "node:path";
import { z } from "zod";
import type { DataScene } from "../rehearsal.ts";

/** Jobs of seconds gain more from a quick start of the machine code than from its quality. */
const quickStart = "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC";

const hadoopAws = "org.apache.hadoop:hadoop-aws:3.3.4";

const jobSchema = z.object({
  Job: z.object({
    Name: z.string(),
    Role: z.string(),
    Command: z.object({ ScriptLocation: z.string() }),
    DefaultArguments: z.record(z.string(), z.string()),
  }),
});

export type Metrics = Readonly<Record<string, unknown>>;

/** Runs a Glue job as it is deployed: its script, library, arguments and role, on Spark on this machine. */
export async function runJob(scene: DataScene, name: string, own: readonly string[]): Promise<Metrics> {
  const { Job } = jobSchema.parse(await scene.account.json("glue", "AWSGlue.GetJob", { JobName: name }));
  const library = Job.DefaultArguments["--additional-python-modules"] ?? "";
  const [script, wheel] = await Promise.all([
    download(scene, Job.Command.ScriptLocation),
    download(scene, library),
  ]);
  const given = own.flatMap((argument) => [`--${argument}`, Job.DefaultArguments[`--${argument}`] ?? ""]);
  const session = await scene.servers.aws.serviceSession(Job.Role);
  const output = await runPython(scene, [script, ...given], { session, library: wheel });
  const metrics = output.split("\n").findLast((line) => line.startsWith("{"));
  return z.record(z.string(), z.unknown()).parse(JSON.parse(metrics ?? "{}"));
}

async function download({ account, work }: DataScene, uri: string): Promise<string> {
  const { hostname, pathname } = new URL(uri);
  const folder = join(work, "glue");
  await mkdir(folder, { recursive: true });
  const path = join(folder, basename(pathname));
  await writeFile(path, await account.bytes(hostname, decodeURIComponent(pathname.slice(1))));
  return path;
}

export interface SparkOptions {
  readonly session: {
    readonly accessKeyId: string;
    readonly secretAccessKey: string;
    readonly sessionToken?: string;
  };
  readonly library?: string;
}

/** Runs a Python program whose Spark session reaches S3 through s3a, also under `s3://` as on Glue. */
export async function runPython(
  scene: DataScene,
  args: readonly string[],
  { session, library }: SparkOptions,
): Promise<string> {
  const { env, map, processes, servers, work } = scene;
  return processes.run("python", args, {
    cwd: work,
    env: {
      ...env,
      ...(library === undefined ? {} : { PYTHONPATH: library }),
      SPARK_LOCAL_IP: "127.0.0.1",
      PYSPARK_SUBMIT_ARGS: [...(await submitArguments(scene)), "pyspark-shell"].join(" "),
      AWS_REGION: map.store.region,
      AWS_ENDPOINT_URL: servers.aws.url,
      AWS_ACCESS_KEY_ID: session.accessKeyId,
      AWS_SECRET_ACCESS_KEY: session.secretAccessKey,
      ...(session.sessionToken === undefined ? {} : { AWS_SESSION_TOKEN: session.sessionToken }),
    },
  });
}

async function submitArguments({ map, servers, source }: DataScene): Promise<string[]> {
  const configuration = {
    "spark.ui.enabled": "false",
    "spark.driver.host": "127.0.0.1",
    "spark.sql.shuffle.partitions": "4",
    "spark.hadoop.fs.s3.impl": "org.apache.hadoop.fs.s3a.S3AFileSystem",
    "spark.hadoop.fs.s3a.endpoint": servers.aws.url,
    "spark.hadoop.fs.s3a.endpoint.region": map.store.region,
    "spark.hadoop.fs.s3a.path.style.access": "true",
    "spark.hadoop.fs.s3a.connection.ssl.enabled": "false",
    "spark.hadoop.fs.s3a.aws.credentials.provider":
      "com.amazonaws.auth.EnvironmentVariableCredentialsProvider",
    "spark.hadoop.mapreduce.fileoutputcommitter.algorithm.version": "2",
  };
  const settings = Object.entries(configuration).flatMap(([name, value]) => ["--conf", `${name}=${value}`]);
  return [
    "--master",
    "local[2]",
    "--driver-java-options",
    `"${quickStart}"`,
    ...(await libraryArguments(join(source, ".cache", "ivy"))),
    ...settings,
  ];
}

/** Resolves the S3 client for Spark once; afterwards its files are taken as they lie there. */
async function libraryArguments(ivy: string): Promise<string[]> {
  const folder = join(ivy, "jars");
  const jars = existsSync(folder) ? (await readdir(folder)).filter((name) => name.endsWith(".jar")) : [];
  const [, artifact = "", version = ""] = hadoopAws.split(":");
  if (jars.some((name) => name.includes(`${artifact}-${version}`)))
    return ["--jars", jars.map((name) => join(folder, name)).join(",")];
  return ["--packages", hadoopAws, "--conf", `spark.jars.ivy=${ivy}`];
}
