import { cp, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Stack, StackMap } from "../../../actions/shared/src/contracts/stack-map.ts";
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

/** Where Terraform works on a copy of a stack's folder, and with what rights. */
export function ofAdministrator(
  { env, map, servers, work }: DataScene,
  { stack, folder }: Pick<StackPlace, "stack" | "folder">,
) {
  return {
    cwd: join(work, folder, relativeTo(map, stack)),
    env: {
      ...env,
      AWS_ENDPOINT_URL: servers.aws.url,
      AWS_REGION: stack.environment.region,
      AWS_ACCESS_KEY_ID: administrator.accessKeyId,
      AWS_SECRET_ACCESS_KEY: administrator.secretAccessKey,
      GOGC: "400",
    },
  } satisfies StartOptions;
}

/** A copy of a stack's folder in which Terraform is initialized, with the administrator's eyes. */
export async function initialized(
  scene: DataScene,
  { stack, assembly, folder, localState = false }: StackPlace,
): Promise<StartOptions> {
  const options = ofAdministrator(scene, { stack, folder });
  await rm(options.cwd, { recursive: true, force: true });
  await cp(join(assembly, relativeTo(scene.map, stack)), options.cwd, { recursive: true });
  if (localState)
    await writeFile(
      join(options.cwd, "rehearsal_override.tf.json"),
      JSON.stringify({ terraform: { backend: { local: {} } } }),
    );
  await scene.processes.run(
    "terraform",
    ["init", "-input=false", "-no-color", "-lockfile=readonly"],
    options,
  );
  return options;
}

const relativeTo = (map: StackMap, stack: Stack) => stack.folder.slice(map.assembly.length + 1);
