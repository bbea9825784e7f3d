import { createHash, randomBytes } from "node:crypto";
import { mkdtemp, readFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import * as core from "@actions/core";
import { type Outputs, runAction } from "../action.ts";
import { configurationDigest } from "../configuration-digest.ts";
import type { RecordStore, Stack, StackMap } from "../contracts/stack-map.ts";
import { interruptibleClock } from "../interruptible-clock.ts";
import { attributedReader } from "../lock-attribution.ts";
import { concerns } from "../path-filters.ts";
import type { Credentials } from "../ports/credentials.ts";
import type { LockState } from "../ports/locks.ts";
import { lockFileName } from "../provider-lock.ts";
import type { StateIdentity } from "../terraform.ts";
import { createOutputLog, maskText } from "./action-log.ts";
import { Git } from "./git.ts";
import { createAttribution } from "./lock-attribution.ts";
import { createNoteWriter } from "./lock-note-writer.ts";
import { createLockReader } from "./lock-reader.ts";
import { ProcessRunner } from "./process.ts";
import { openResultsFolder } from "./results-folder.ts";
import { readRunContext } from "./run-context.ts";
import { openObjectStore } from "./s3-object-store.ts";
import { cleanUp, isPost, rememberInFlight, rememberScratch } from "./shard-post.ts";
import { createCredentials, type Purpose } from "./stack-credentials.ts";
import { readStackMap } from "./stack-map-file.ts";
import { systemClock } from "./system-clock.ts";
import { createTerraform } from "./terraform.ts";

/** The process around plan and apply: their inputs put to work as ports. */

export interface ShardInputs {
  readonly map: string;
  readonly detection: string | undefined;
  readonly results: string;
  readonly terraform: string;
  readonly "init-timeout-minutes": number;
  readonly "duration-seconds": number;
  readonly assume: boolean;
  /** Asks GitHub whether the run that holds a lock still runs; undefined: not asked. */
  readonly "github-token"?: string | undefined;
}

/** Runs the main step, and in the post step clears away what it left. */
export function runWithPost(main: () => Promise<Outputs>): Promise<void> {
  return runAction(() => (isPost() ? cleanUp() : main()));
}

export async function openShardTools(inputs: ShardInputs, purpose: Purpose) {
  const workspace = process.env["GITHUB_WORKSPACE"] ?? process.cwd();
  const temporary = process.env["RUNNER_TEMP"] ?? tmpdir();
  const scratch = await mkdtemp(join(temporary, `${purpose}-`));
  rememberScratch(scratch);
  const runner = new ProcessRunner(scratch, createOutputLog());
  runner.handleSignals();
  const clock = interruptibleClock(systemClock, () => runner.interrupted);
  const map = await readStackMap(workspace, inputs.map);
  const context = await readRunContext(process.env, { workspace, detection: inputs.detection });
  const git = new Git(workspace);
  const terraform = createTerraform({
    program: inputs.terraform,
    workspace,
    scratch,
    runner,
    env: process.env,
    initLimitSeconds: inputs["init-timeout-minutes"] * 60,
    clock,
    mask: maskText,
    log: core.info,
    warn: core.warning,
  });
  return {
    map,
    context,
    terraform,
    clock,
    log: core.info,
    interrupted: () => runner.interrupted,
    saveResult: await openResultsFolder(workspace, inputs.results, temporary),
    credentials: createCredentials(inputs, purpose, map),
    openStore: (place: RecordStore, credentials: Credentials | undefined) =>
      openObjectStore({ bucket: place.bucket, region: place.region, credentials }),
    readLock: lockReaderOf(map, inputs["github-token"]),
    noteWriter: createNoteWriter({ map, run: context.run, now: clock.now, log: core.info }),
    digest: (stack: Stack) => configurationDigest(workspace, stack),
    providerLock: (stack: Stack) => digestOf(resolve(workspace, stack.folder, lockFileName)),
    treeOf: (commit: string) => git.treeOf(commit),
    history: git,
    mainHead: async () => git.remoteHead(process.env["GITHUB_REF_NAME"] ?? ""),
    concerns,
    randomKey: () => randomBytes(32).toString("hex"),
    inFlight: (
      stack: Stack | undefined,
      at?: { readonly phase: "plan" | "apply"; readonly before: StateIdentity | undefined },
    ) =>
      rememberInFlight(stack, {
        ...inputs,
        purpose,
        phase: at?.phase ?? "apply",
        serial: at?.before?.serial,
      }),
  };
}

/** Reads locks with the runs that hold them. */
function lockReaderOf(map: StackMap, token: string | undefined) {
  const readers = new Map<string, () => Promise<LockState>>();
  return (stack: Stack, credentials: Credentials | undefined): Promise<LockState> => {
    const reader =
      readers.get(stack.id) ??
      attributedReader(
        () => createLockReader({ credentials })(stack.backend),
        createAttribution({ stack: stack.id, store: map.store, credentials, token }),
        { now: systemClock.now, log: core.info },
      );
    readers.set(stack.id, reader);
    return reader();
  };
}

async function digestOf(file: string): Promise<string | undefined> {
  const bytes = await readFile(file).catch(() => undefined);
  return bytes && `sha256:${createHash("sha256").update(bytes).digest("hex")}`;
}
