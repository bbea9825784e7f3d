import { createHash } from "node:crypto";
import { glob, mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { unzipSync } from "fflate";
import { z } from "zod";
import { invokeBundle } from "../lambda.ts";
import type { DataScene } from "../rehearsal.ts";

const functionSchema = z.object({
  Configuration: z.object({
    FunctionName: z.string(),
    Role: z.string(),
    CodeSha256: z.string(),
    MemorySize: z.number(),
    Environment: z.object({ Variables: z.record(z.string(), z.string()) }),
  }),
});

/** What running a function needs. */
export type FunctionScene = Pick<DataScene, "account" | "env" | "map" | "processes" | "servers" | "work">;

/** The batch function as it is deployed: its bundle, environment and role. */
export interface DeployedFunction {
  readonly name: string;
  readonly bundle: string;
  readonly role: string;
  readonly memory: number;
  readonly variables: Readonly<Record<string, string>>;
}

/** Takes the deployed function's settings from AWS and its package from the assembly, by its digest. */
export async function deployedFunction(
  { account, work }: DataScene,
  name: string,
  assembly: string,
): Promise<DeployedFunction> {
  const answer = await account.get("lambda", `/2015-03-31/functions/${name}`);
  const { Role, CodeSha256, MemorySize, Environment } = functionSchema.parse(answer).Configuration;
  const zip = await packageWith(CodeSha256, assembly);
  const folder = join(work, "functions", name);
  await mkdir(folder, { recursive: true });
  for (const [file, content] of Object.entries(unzipSync(zip))) await writeFile(join(folder, file), content);
  return {
    name,
    bundle: join(folder, "index.mjs"),
    role: Role,
    memory: MemorySize,
    variables: Environment.Variables,
  };
}

async function packageWith(sha256: string, assembly: string): Promise<Uint8Array> {
  for await (const file of glob("**/*.zip", { cwd: assembly })) {
    const content = await readFile(join(assembly, file));
    if (createHash("sha256").update(content).digest("base64") === sha256) return content;
  }
  throw new Error(`no package in the assembly has the deployed function's digest ${sha256}`);
}

/** Invokes it once with the rights of its own role; throws what it throws. */
export async function invoke(
  scene: FunctionScene,
  given: DeployedFunction,
  event: unknown,
  archiveUrl: string,
): Promise<Record<string, unknown>> {
  const { env, map, processes, servers, work } = scene;
  const session = await servers.aws.serviceSession(given.role);
  const { value, error } = await invokeBundle(processes, {
    bundle: given.bundle,
    event,
    cwd: join(work, "functions", given.name),
    env: {
      ...env,
      ...given.variables,
      ARCHIVE_URL: archiveUrl,
      AWS_ENDPOINT_URL: servers.aws.url,
      AWS_REGION: map.store.region,
      AWS_LAMBDA_FUNCTION_NAME: given.name,
      AWS_LAMBDA_FUNCTION_MEMORY_SIZE: String(given.memory),
      AWS_ACCESS_KEY_ID: session.accessKeyId,
      AWS_SECRET_ACCESS_KEY: session.secretAccessKey,
      AWS_SESSION_TOKEN: session.sessionToken,
    },
  });
  if (error !== null) throw new Error(`${given.name} failed with ${error.name}: ${error.message}`);
  return z.record(z.string(), z.unknown()).parse(value);
}
