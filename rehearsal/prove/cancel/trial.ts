import { GetObjectCommand, ListObjectsV2Command, type S3Client } from "@aws-sdk/client-s3";
import { z } from "zod";
import { Runner, type Step } from "./runner.ts";
import { bucket, Scene } from "./scene.ts";
import type { SlowBucket } from "./slow-bucket.ts";

export interface Trial {
  readonly number: number;
  /** Milliseconds after the start of the step. */
  readonly cancelAfter: number;
  /** Milliseconds that every write of the state takes. */
  readonly writeTakes: number;
}

export interface Outcome {
  /** The step had ended before it could be cancelled. */
  readonly tooLate: boolean;
  readonly signals: readonly NodeJS.Signals[];
  readonly lockLeft: boolean;
  /** Resources that were made and are in no state. */
  readonly lost: readonly string[];
  /** Made and in the state. */
  readonly kept: number;
  /** What the log says at last of the stack; undefined: nothing that helps. */
  readonly said: string | undefined;
  readonly log: string;
}

export interface World {
  readonly bundle: string;
  readonly aws: SlowBucket;
  readonly s3: S3Client;
}

export async function tryCancelling(
  { number, cancelAfter, writeTakes }: Trial,
  { bundle, aws, s3 }: World,
): Promise<Outcome> {
  using scene = new Scene(`trial-${number}`);
  if (writeTakes > 0) aws.slow(`${bucket}/${scene.stateKey}`, writeTakes);
  const runner = new Runner(scene, bundle, aws.url);
  const main = await runner.main(cancelAfter);
  const post = await runner.post();
  const made = scene.resources;
  const kept = await managed(s3, scene.stateKey);
  const objects = await s3.send(new ListObjectsV2Command({ Bucket: bucket, Prefix: `${scene.stack}/` }));
  return {
    tooLate: main.signals.length === 0,
    signals: main.signals,
    lockLeft: (objects.Contents ?? []).some(({ Key = "" }) => Key.endsWith(".tflock")),
    lost: made.filter((name) => !kept.has(name)),
    kept: made.filter((name) => kept.has(name)).length,
    said: lastWord(main, post),
    log: `${main.log}\n--- post, exit code ${post.code ?? "none"}\n${post.log}`,
  };
}

const stateSchema = z.object({ resources: z.array(z.object({ name: z.string() })) });

async function managed(s3: S3Client, key: string): Promise<ReadonlySet<string>> {
  try {
    const { Body } = await s3.send(new GetObjectCommand({ Bucket: bucket, Key: key }));
    const { resources } = stateSchema.parse(JSON.parse((await Body?.transformToString()) ?? ""));
    return new Set(resources.map(({ name }) => name));
  } catch (error) {
    if (error instanceof Error && error.name === "NoSuchKey") return new Set();
    throw error;
  }
}

/** Sentences that leave no doubt about what became of the stack, the most telling first. */
const words = [
  /the state lock is free/,
  /not begun, because the job was cancelled/,
  /nothing was applied, because the job was cancelled/,
  /terraform \w+ (failed with exit code|was ended by a signal)/,
  /The job is being cancelled; nothing more was started/,
  /The step was ended before it began; nothing was done/,
  /Apply complete!/,
];

function lastWord(main: Step, post: Step): string | undefined {
  if (post.code !== 0) return undefined;
  const log = `${main.log}\n${post.log}`;
  return words.map((word) => word.exec(log)?.[0]).find((found) => found !== undefined);
}
