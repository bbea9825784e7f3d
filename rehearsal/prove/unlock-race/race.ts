import { CreateTableCommand } from "@aws-sdk/client-dynamodb";
import { CreateBucketCommand } from "@aws-sdk/client-s3";
import { openLockPlaces } from "../../../actions/shared/src/adapters/lock-places.ts";
import { startMoto } from "../../../actions/shared/test/moto-server.ts";
import type { Findings, ProofOptions } from "../proof.ts";
import { Random } from "../random.ts";
import { type LockClients, lockClients } from "./terraform-lock.ts";
import { type Lane, type Outcome, raceOnce } from "./trial.ts";

type OpenPlaces = typeof openLockPlaces;

const region = "eu-west-1";
const bucket = "state";
const table = "locks";
const lanes = 6;

/** Races against a moto of its own; `openPlaces` gives the code that releases its way to the locks. */
export async function raceMany(
  options: ProofOptions,
  openPlaces: OpenPlaces = openLockPlaces,
): Promise<Findings> {
  const moto = await startMoto();
  const before = { ...process.env };
  Object.assign(process.env, moto.env);
  const clients = lockClients(region);
  try {
    await prepare(clients);
    const opened = await Promise.all(
      Array.from({ length: lanes }, async (_, lane): Promise<Lane> => {
        const key = `lane-${lane}/terraform.tfstate`;
        const backend = { bucket, key, region, table, workspace: "default" };
        return { backend, clients, places: await openPlaces(backend, undefined) };
      }),
    );
    return await race(opened, options);
  } finally {
    clients.s3.destroy();
    clients.dynamo.destroy();
    for (const name of Object.keys(moto.env)) restore(name, before[name]);
    await moto.stop();
  }
}

function restore(name: string, value: string | undefined): void {
  if (value === undefined) delete process.env[name];
  else process.env[name] = value;
}

async function prepare({ s3, dynamo }: LockClients): Promise<void> {
  const CreateBucketConfiguration = { LocationConstraint: region } as const;
  await s3.send(new CreateBucketCommand({ Bucket: bucket, CreateBucketConfiguration }));
  await dynamo.send(
    new CreateTableCommand({
      TableName: table,
      BillingMode: "PAY_PER_REQUEST",
      AttributeDefinitions: [{ AttributeName: "LockID", AttributeType: "S" }],
      KeySchema: [{ AttributeName: "LockID", KeyType: "HASH" }],
    }),
  );
}

async function race(
  opened: readonly Lane[],
  { count, seed, progress, signal }: ProofOptions,
): Promise<Findings> {
  const root = new Random(seed);
  const waiting = Array.from({ length: count }, (_, index) => ({ number: index + 1, random: root.fork() }));
  const outcomes: Outcome[] = [];
  const missed: string[] = [];
  const worker = async (lane: Lane) => {
    for (let next = waiting.shift(); next !== undefined && !signal.aborted; next = waiting.shift()) {
      const outcome = await raceOnce(lane, next.random, `trial-${next.number}`);
      outcomes.push(outcome);
      if (outcome.wrongByUnlock > 0)
        missed.push(`trial ${next.number}: the release deleted ${outcome.wrongByUnlock} lock(s) of others`);
      missed.push(...outcome.faults.map((fault) => `trial ${next?.number}: ${fault}`));
      progress(outcomes.length);
    }
    lane.places.close();
  };
  await Promise.all(opened.map(worker));
  return { trials: outcomes.length, figures: figuresOf(outcomes), missed };
}

function figuresOf(outcomes: readonly Outcome[]): Findings["figures"] {
  const sum = (figure: (outcome: Outcome) => number) =>
    outcomes.reduce((total, outcome) => total + figure(outcome), 0);
  return {
    "wrong deletions": sum(({ wrongByUnlock }) => wrongByUnlock),
    "right deletions": sum(({ rightByUnlock }) => rightByUnlock),
    "locks taken again": sum(({ retaken }) => retaken),
    "releases cut off and finished": sum(({ finished }) => finished),
    "wrong deletions by Terraform's own read-compare-delete": sum(({ wrongByTerraform }) => wrongByTerraform),
  };
}
