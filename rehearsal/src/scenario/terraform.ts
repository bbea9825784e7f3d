import { cp, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Stack } from "../../../actions/shared/src/contracts/stack-map.ts";
import type { StartOptions } from "../processes.ts";
import type { DataScene } from "../rehearsal.ts";
import { administrator } from "../servers/aws-front.ts";

export interface StackPlace {
  readonly stack: Stack;
  /** Folder of the synthesized stacks. */
  readonly assembly: string;
  /** Name of a folder for the copies in which Terraform works. */
  readonly folder: string;
  /** Keep the state in the copy in place of the bucket. @default false */
  readonly localState?: boolean;
}

/** A copy of a stack's folder in which Terraform is initialized, with the administrator's eyes. */
export async function initialized(
  { env, map, processes, servers, work }: DataScene,
  { stack, assembly, folder, localState = false }: StackPlace,
): Promise<StartOptions> {
  const relative = stack.folder.slice(map.assembly.length + 1);
  const cwd = join(work, folder, relative);
  await rm(cwd, { recursive: true, force: true });
  await cp(join(assembly, relative), cwd, { recursive: true });
  if (localState)
    await writeFile(
      join(cwd, "rehearsal_override.tf.json"),
      JSON.stringify({ terraform: { backend: { local: {} } } }),
    );
  const options = {
    cwd,
    env: {
      ...env,
      AWS_ENDPOINT_URL: servers.aws.url,
      AWS_REGION: stack.environment.region,
      AWS_ACCESS_KEY_ID: administrator.accessKeyId,
      AWS_SECRET_ACCESS_KEY: administrator.secretAccessKey,
      GOGC: "400",
    },
  };
  await processes.run("terraform", ["init", "-input=false", "-no-color", "-lockfile=readonly"], options);
  return options;
}
