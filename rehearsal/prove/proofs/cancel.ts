import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { CreateBucketCommand, S3Client } from "@aws-sdk/client-s3";
import { buildActions } from "../../../actions/build.ts";
import { startMoto } from "../../../actions/shared/test/moto-server.ts";
import { Runner } from "../cancel/runner.ts";
import { bucket, region, Scene } from "../cancel/scene.ts";
import { openSlowBucket } from "../cancel/slow-bucket.ts";
import { type Outcome, type Trial, tryCancelling, type World } from "../cancel/trial.ts";
import type { Findings, Proof, ProofOptions } from "../proof.ts";
import { Random } from "../random.ts";

const atATime = 2;

export const proof: Proof = {
  name: "cancel",
  summary: "The built apply action with real Terraform, cancelled at random moments with the runner's timing",
  aim: "no state lost, at least 99 % without a lock left, a clear message in all",
  count: 200,
  few: 4,
  async run(options) {
    const moto = await startMoto();
    const aws = await openSlowBucket(moto.url);
    const bundle = mkdtempSync(join(tmpdir(), "apply-bundle-"));
    const credentials = { accessKeyId: "test", secretAccessKey: "test" };
    const s3 = new S3Client({ region, endpoint: moto.url, credentials, forcePathStyle: true });
    try {
      const place = { LocationConstraint: region } as const;
      await s3.send(new CreateBucketCommand({ Bucket: bucket, CreateBucketConfiguration: place }));
      await buildActions(["apply"], () => bundle);
      return await runTrials(options, { bundle, aws, s3 });
    } finally {
      s3.destroy();
      await aws.close();
      await moto.stop();
      rmSync(bundle, { recursive: true, force: true });
    }
  },
};

async function runTrials({ count, seed, progress, signal }: ProofOptions, world: World): Promise<Findings> {
  const usual = await usualMilliseconds(world);
  const random = new Random(seed);
  const waiting = Array.from({ length: count }, (_, index) => trialOf(index + 1, usual, random.fork()));
  const outcomes = new Map<Trial, Outcome>();
  const worker = async () => {
    for (let trial = waiting.shift(); trial !== undefined && !signal.aborted; trial = waiting.shift()) {
      outcomes.set(trial, await tryCancelling(trial, world));
      progress(outcomes.size);
    }
  };
  await Promise.all(Array.from({ length: atATime }, worker));
  return findingsOf(outcomes, usual);
}

/** How long a run takes that nobody cancels, two at a time as in the trials. */
async function usualMilliseconds({ bundle, aws }: World): Promise<number> {
  const one = async (name: string) => {
    using scene = new Scene(name);
    const step = await new Runner(scene, bundle, aws.url).main();
    if (step.code !== 0 || !existsSync(scene.folder))
      throw new Error(`an apply fails uncancelled:\n${step.log}`);
    return step.milliseconds;
  };
  return Math.max(...(await Promise.all([one("usual-1"), one("usual-2")])));
}

/** In one of six trials writing the state takes seconds, so that Terraform needs longer than the step has. */
function trialOf(number: number, usual: number, random: Random): Trial {
  const slow = random.chance(1 / 6);
  return {
    number,
    // Most of them where there is something to lose: the later part of a run is the apply.
    cancelAfter: Math.round((random.chance(0.3) ? random.next() : 0.4 + 0.6 * random.next()) * usual),
    writeTakes: slow ? 2_000 + random.below(10_000) : 0,
  };
}

function findingsOf(all: ReadonlyMap<Trial, Outcome>, usual: number): Findings {
  const trials = [...all];
  const cancelled = trials.filter(([, { tooLate }]) => !tooLate);
  const which = (test: (outcome: Outcome) => boolean) => cancelled.filter(([, outcome]) => test(outcome));
  const locked = which(({ lockLeft }) => lockLeft);
  const lost = which((outcome) => outcome.lost.length > 0);
  const silent = which(({ said }) => said === undefined);
  const tell = (what: string, found: readonly (readonly [Trial, Outcome])[]) =>
    found.map(
      ([{ number, cancelAfter }, { log }]) =>
        `${what} in trial ${number}, cancelled after ${cancelAfter} ms\n${log}`,
    );
  return {
    trials: trials.length,
    figures: {
      cancelled: cancelled.length,
      "ended before the signal": trials.length - cancelled.length,
      "milliseconds of a run": Math.round(usual),
      "cancelled while resources were there": which(({ kept }) => kept > 0).length,
      "killed after 10 s, finished by itself": which(({ signals }) => signals.includes("SIGKILL")).length,
      "locks left": locked.length,
      "states lost": lost.length,
      "without a clear message": silent.length,
    },
    missed: [
      ...tell("state lost", lost),
      ...(locked.length > cancelled.length / 100 ? tell("lock left", locked) : []),
      ...tell("no clear message", silent),
    ],
  };
}
