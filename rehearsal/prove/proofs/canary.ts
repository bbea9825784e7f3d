import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { CreateBucketCommand, GetObjectCommand, ListObjectsV2Command, S3Client } from "@aws-sdk/client-s3";
import { type MotoServer, startMoto } from "../../../actions/shared/test/moto-server.ts";
import {
  bucket,
  type Configuration,
  configuration,
  failingApply,
  failingPlan,
  region,
  unmarked,
} from "../canary/configuration.ts";
import { runJob } from "../canary/job.ts";
import { Secrets } from "../canary/secrets.ts";
import type { Findings, Proof } from "../proof.ts";
import { Random } from "../random.ts";

export const proof: Proof = {
  name: "canary",
  summary:
    "The built plan and apply with real Terraform and a secret in every place where a plan can hold one, and a search through all that leaves a job",
  aim: "none in log, summary, outputs, results, comment and record",
  count: 5,
  few: 3,
  async run({ count, seed, progress, signal }) {
    const moto = await startMoto();
    const random = new Random(seed);
    const rounds: Search[] = [];
    let done = 0;
    try {
      while (done < count && !signal.aborted) {
        const round = scenes.slice(0, count - done);
        const tell = (index: number) => progress(done + index);
        rounds.push(await search(round, { random: random.fork(), moto, signal, tell }));
        done += rounds.at(-1)?.scenes ?? 0;
      }
    } finally {
      await moto.stop();
    }
    return findingsOf(rounds);
  },
};

interface Scene {
  readonly name: string;
  readonly configuration: (secrets: Secrets) => Configuration;
  /** How the jobs must end; without `apply` there is none. */
  readonly plan: string;
  readonly apply?: string;
}

/** One after the other on one state, so that plans hold old secrets and new ones. The first three say most. */
const scenes: readonly Scene[] = [
  {
    name: "first",
    configuration: (secrets) => configuration(secrets, "first", unmarked(secrets)),
    plan: "changes",
    apply: "applied",
  },
  {
    name: "a plan that fails",
    configuration: (secrets) => configuration(secrets, "third", unmarked(secrets) + failingPlan),
    plan: "failed",
  },
  {
    name: "an apply that fails",
    configuration: (secrets) => configuration(secrets, "fourth", unmarked(secrets) + failingApply),
    plan: "changes",
    apply: "failed",
  },
  {
    name: "second",
    configuration: (secrets) => configuration(secrets, "second", unmarked(secrets)),
    plan: "changes",
    apply: "applied",
  },
  {
    name: "a destruction",
    configuration: (secrets) => ({ ...configuration(secrets, "second"), text: emptied(secrets) }),
    plan: "changes",
    apply: "applied",
  },
];

interface Search {
  readonly scenes: number;
  readonly places: number;
  readonly texts: number;
  readonly hits: readonly string[];
  /** Of what nothing marks as a secret; these are no fault, and show that the search finds. */
  readonly open: readonly string[];
  /** Steps that did not come out as they should, so that nothing was searched in them. */
  readonly vain: readonly string[];
}

interface Round {
  readonly random: Random;
  readonly moto: MotoServer;
  readonly signal: AbortSignal;
  readonly tell: (scenes: number) => void;
}

async function search(round: readonly Scene[], { random, moto, signal, tell }: Round): Promise<Search> {
  const secrets = new Secrets(random);
  const folder = mkdtempSync(join(tmpdir(), "canary-"));
  const s3 = new S3Client({
    region,
    endpoint: moto.url,
    forcePathStyle: true,
    credentials: { accessKeyId: "test", secretAccessKey: "test" },
  });
  const texts = new Map<string, string>();
  const vain: string[] = [];
  let played = 0;
  try {
    await fetch(`${moto.url}/moto-api/reset`, { method: "POST" });
    const place = { LocationConstraint: region } as const;
    await s3.send(new CreateBucketCommand({ Bucket: bucket, CreateBucketConfiguration: place }));
    for (const scene of round) {
      if (signal.aborted) break;
      const job = { folder, aws: moto.url, runId: String(played + 1), secrets };
      for (const [surface, text] of await play(scene, job, vain)) texts.set(surface, text);
      tell(++played);
    }
    for (const [key, body] of await objects(s3)) texts.set(key, `${key}\n${body}`);
    return { ...searchIn(texts, secrets), scenes: played, texts: texts.size, vain };
  } finally {
    s3.destroy();
    rmSync(folder, { recursive: true, force: true });
  }
}

interface Play {
  readonly folder: string;
  readonly aws: string;
  readonly runId: string;
  readonly secrets: Secrets;
}

/** What leaves the jobs of a scene, by where it goes. */
async function play(scene: Scene, { secrets, ...job }: Play, vain: string[]): Promise<[string, string][]> {
  const given = scene.configuration(secrets);
  const commit = commitOf(job.folder, given);
  const texts: [string, string][] = [];
  for (const action of ["plan", "apply"] as const) {
    if (scene[action] === undefined) continue;
    const { surfaces, status } = await runJob(action, { ...job, commit, secrets: environment(given) });
    if (status !== scene[action]) vain.push(`${action}, ${scene.name}: ${status}\n${surfaces.log}`);
    for (const [surface, text] of Object.entries(surfaces))
      texts.push([`${surface} of ${action}, ${scene.name}`, text]);
  }
  return texts;
}

const map = `version: 1
project: proof
repository: acme/proof
state: { bucket: ${bucket}, region: ${region} }
environments:
  stage: { account: "123456789012", region: ${region}, unreviewed: apply, guard: { protected: [], max-deletes: 100 } }
stacks:
  app:
    environment: stage
    folder: app
    paths: ["app/**"]
    env: [TF_VAR_text, TF_VAR_nested, TF_VAR_pem, TF_VAR_encoded, TF_VAR_key]
`;

function commitOf(folder: string, { text }: Configuration): string {
  const git = (...args: readonly string[]) =>
    execFileSync("git", ["-c", "user.name=P", "-c", "user.email=p@example.com", ...args], {
      cwd: folder,
      encoding: "utf8",
    }).trim();
  git("init", "--quiet");
  mkdirSync(join(folder, "app"), { recursive: true });
  writeFileSync(join(folder, "stacks.yml"), map);
  writeFileSync(join(folder, "app", "main.tf"), text);
  git("add", "app/main.tf", "stacks.yml");
  git("commit", "--quiet", "--allow-empty", "--message", "change");
  return git("rev-parse", "HEAD");
}

const environment = ({ variables }: Configuration) =>
  Object.fromEntries(Object.entries(variables).map(([name, value]) => [`TF_VAR_${name}`, value]));

/** The variables stay, all that used them goes. */
function emptied(secrets: Secrets): string {
  return configuration(secrets, "second").text.replaceAll(
    /^(resource|output) "(?:[^\n]*\}\n|[\s\S]*?\n\}\n)/gm,
    "",
  );
}

/** All but the state, which holds secrets in the clear, as Terraform does. */
async function objects(s3: S3Client): Promise<[string, string][]> {
  const { Contents = [] } = await s3.send(new ListObjectsV2Command({ Bucket: bucket }));
  const keys = Contents.map(({ Key = "" }) => Key).filter((key) => !key.startsWith("app/"));
  return Promise.all(
    keys.map(async (Key): Promise<[string, string]> => {
      const { Body } = await s3.send(new GetObjectCommand({ Bucket: bucket, Key }));
      return [Key, (await Body?.transformToString()) ?? ""];
    }),
  );
}

function searchIn(
  texts: ReadonlyMap<string, string>,
  secrets: Secrets,
): Omit<Search, "scenes" | "texts" | "vain"> {
  const hits: string[] = [];
  const open: string[] = [];
  const forms = secrets.forms();
  for (const [place, values] of forms)
    for (const [where, text] of texts)
      if (values.some((value) => text.includes(value)))
        (isOpen(place, where) ? open : hits).push(`${place}: ${where}`);
  return { places: forms.size, hits, open };
}

/**
 * What is in the open by the configuration's own word, or by Terraform's: it takes a secret for a key only where
 * the configuration says that it is none; and it prints an object by its names where a provider drops the mark.
 */
function isOpen(place: string, where: string): boolean {
  if (place.startsWith("user_data")) return true;
  if (place.startsWith("for_each key")) return /^(log|records)\b/.test(where);
  return place.startsWith("name in") && where.startsWith("log");
}

function findingsOf(found: readonly Search[]): Findings {
  const total = (count: (search: Search) => number) => found.reduce((sum, search) => sum + count(search), 0);
  return {
    trials: total(({ scenes: played }) => played),
    figures: {
      "secrets planted": total(({ places }) => places),
      "texts searched": total(({ texts }) => texts),
      hits: total(({ hits }) => hits.length),
      "texts that show what nothing marks as a secret": total(({ open }) => open.length),
    },
    missed: found.flatMap(({ hits, open, vain }) => [
      ...hits,
      ...vain,
      ...(open.length > 0 ? [] : ["the search does not even find what nothing marks as a secret"]),
    ]),
  };
}
