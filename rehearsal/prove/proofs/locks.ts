import { CreateTableCommand, DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { CreateBucketCommand, DeleteObjectCommand, S3Client } from "@aws-sdk/client-s3";
import { type MotoServer, startMoto } from "../../../actions/shared/test/moto-server.ts";
import { GitHub } from "../locks/github.ts";
import { bucket, type Kinds, region, type Scene, table } from "../locks/scene.ts";
import { killAndRelease, type Outcome } from "../locks/trial.ts";
import type { Findings, Proof, ProofOptions } from "../proof.ts";
import { Random } from "../random.ts";

const order: readonly [Kinds, ...Kinds[]] = ["file", "table", "both"];

export const proof: Proof = {
  name: "locks",
  summary:
    "Applies with real Terraform that are killed with kill -9 while they hold their lock: in the lock file, in DynamoDB, in both, and half released",
  aim: "every lock found, told with its run, kept while the run lives, released afterwards, and the next apply succeeds",
  count: 12,
  few: 3,
  async run(options) {
    const moto = await startMoto();
    const github = new GitHub();
    const clients = clientsOf(moto);
    try {
      await prepare(clients);
      const env = {
        ...moto.env,
        AWS_EC2_METADATA_DISABLED: "true",
        GITHUB_API_URL: await github.listen(),
      };
      return await tryAll(options, { env, github, removeOne: (scene) => removeOne(clients, scene) });
    } finally {
      github.close();
      clients.s3.destroy();
      clients.dynamo.destroy();
      await moto.stop();
    }
  },
};

function clientsOf({ url }: MotoServer) {
  const credentials = { accessKeyId: "test", secretAccessKey: "test" };
  const config = { region, endpoint: url, credentials };
  return { s3: new S3Client({ ...config, forcePathStyle: true }), dynamo: new DynamoDBClient(config) };
}

type Clients = ReturnType<typeof clientsOf>;

async function prepare({ s3, dynamo }: Clients): Promise<void> {
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

/** As Terraform's own unlock does when it is cut off: the file first. */
async function removeOne({ s3 }: Clients, scene: Scene): Promise<void> {
  await s3.send(new DeleteObjectCommand({ Bucket: bucket, Key: `${scene.key}.tflock` }));
}

type Surroundings = Pick<Parameters<typeof killAndRelease>[0], "env" | "github" | "removeOne">;

async function tryAll(
  { count, seed, progress, signal }: ProofOptions,
  surroundings: Surroundings,
): Promise<Findings> {
  const root = new Random(seed);
  const outcomes: Outcome[] = [];
  const missed: string[] = [];
  for (let number = 1; number <= count && !signal.aborted; number++) {
    const kinds = order[(number - 1) % order.length] ?? order[0];
    const outcome = await killAndRelease({ number, kinds, random: root.fork(), ...surroundings });
    outcomes.push(outcome);
    missed.push(...outcome.faults.map((fault) => `trial ${number} (${kinds}): ${fault}`));
    progress(number);
  }
  const those = (holds: (outcome: Outcome) => boolean) => outcomes.filter(holds).length;
  const figures = {
    "found and told with their run": those(({ found }) => found),
    "kept while the run lived": those(({ kept }) => kept),
    "explained after the kill": those(({ explained }) => explained),
    released: those(({ released }) => released),
    "of these half released before": those(({ halved }) => halved),
    "next apply succeeded": those(({ appliedAfterwards }) => appliedAfterwards),
  };
  return { trials: outcomes.length, figures, missed };
}
