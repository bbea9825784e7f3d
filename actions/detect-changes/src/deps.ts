import { existsSync } from "node:fs";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { dirname, isAbsolute, relative, resolve } from "node:path";
import * as core from "@actions/core";
import { ActionError } from "../../shared/src/action-error.ts";
import { Git } from "../../shared/src/adapters/git.ts";
import { terraformClosure } from "../../shared/src/closure.ts";
import { configurationDigest } from "../../shared/src/configuration-digest.ts";
import { markerKey } from "../../shared/src/contracts/plan-record.ts";
import type { Environment, RecordStore, Stack, StackMap } from "../../shared/src/contracts/stack-map.ts";
import { parseEvent } from "../../shared/src/workflow-event.ts";
import type { ReadMarker } from "./compare-markers.ts";
import type { Inputs } from "./inputs.ts";
import { markerSessionPolicy } from "./marker-policy.ts";
import type { Deps } from "./run.ts";

/** Connects the action to the runner, the checkout and AWS. */
export async function realDeps(inputs: Inputs, env: NodeJS.ProcessEnv): Promise<Deps> {
  const workspace = env["GITHUB_WORKSPACE"] ?? process.cwd();
  const event = parseEvent({
    name: env["GITHUB_EVENT_NAME"] ?? "",
    payload: await readFile(env["GITHUB_EVENT_PATH"] ?? "", "utf8").catch(() => "{}"),
    repository: env["GITHUB_REPOSITORY"] ?? "",
    actor: env["GITHUB_ACTOR"] ?? "",
  });
  return {
    event,
    git: new Git(workspace),
    readFile: (path) => readFile(inside(workspace, path, "map"), "utf8").catch(notReadable(path)),
    headDigest: (stack) => configurationDigest(workspace, stack),
    baseDigest: baseDigests(workspace, inputs["base-assembly"]),
    closure: (folder) => terraformClosure(workspace, folder),
    openMarkers: (store) => (role, environment) => openMarkers(role, environment, { store, inputs, env }),
    writeDetection: async (path, detection) => {
      const file = inside(workspace, path, "detection");
      await mkdir(dirname(file), { recursive: true });
      await writeFile(file, `${JSON.stringify(detection, undefined, 2)}\n`);
    },
    writeSummary: async (markdown) => {
      if (env["GITHUB_STEP_SUMMARY"] !== undefined) await core.summary.addRaw(markdown).write();
    },
    warn: (text) => core.warning(text),
    log: (text) => core.info(text),
  };
}

function inside(workspace: string, path: string, input: string): string {
  const file = resolve(workspace, path);
  const name = relative(workspace, file);
  if (!isAbsolute(path) && !name.startsWith("..") && name !== "") return file;
  throw new ActionError(`input "${input}": ${JSON.stringify(path)} is not a path inside the workspace`);
}

function notReadable(path: string): (cause: unknown) => never {
  return (cause) => {
    throw new ActionError(`input "map": ${path} cannot be read`, {
      hint: "Check out the repository first, and keep the stack map in .github/stacks.yml or name it by `map`.",
      cause,
    });
  };
}

/** The base's assembly may lie anywhere; within it the folders are as in the workspace's. */
function baseDigests(workspace: string, folder: string | undefined): Deps["baseDigest"] {
  const assembly = folder === undefined ? undefined : resolve(workspace, folder);
  if (assembly === undefined || !existsSync(assembly)) return undefined;
  return async (stack: Stack, map: StackMap) => {
    const within = relative(map.assembly, stack.folder);
    if (!existsSync(resolve(assembly, within))) return undefined;
    return await configurationDigest(assembly, { ...stack, folder: within });
  };
}

interface MarkerAccess {
  readonly store: RecordStore;
  readonly inputs: Inputs;
  readonly env: NodeJS.ProcessEnv;
}

async function openMarkers(
  roleArn: string | undefined,
  environment: Environment,
  { store, inputs, env }: MarkerAccess,
): Promise<ReadMarker> {
  const [{ createAssumeRole }, { openObjectStore }, { sessionName }] = await Promise.all([
    import("../../shared/src/adapters/assume-role.ts"),
    import("../../shared/src/adapters/s3-object-store.ts"),
    import("../../shared/src/session-name.ts"),
  ]);
  const assumeRole = createAssumeRole({
    mask: (value) => core.setSecret(value),
    log: (line) => core.info(line),
  });
  const credentials =
    roleArn === undefined
      ? undefined
      : await assumeRole({
          roleArn,
          region: environment.region,
          sessionName: sessionName("detect", env["GITHUB_RUN_ID"] ?? "", environment.name),
          durationSeconds: inputs["duration-seconds"],
          sessionPolicy: markerSessionPolicy(store),
        });
  const objects = await openObjectStore({ ...store, credentials });
  return async (stack) => (await objects.read(markerKey(stack)))?.body;
}
