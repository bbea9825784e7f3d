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
  summary: "A secret in every place where a plan can hold one, and a search through all that leaves a job",
  aim: "none in log, summary, outputs, results, comment and record",
  count: 1,
  few: 1,
  async run({ count, seed, progress, signal }) {
    const moto = await startMoto();
    const random = new Random(seed);
    const found: Search[] = [];
    try {
      while (found.length < count && !signal.aborted) {
        found.push(await search(random.fork(), moto));
        progress(found.length);
      }
    } finally {
      await moto.stop();
    }
    return findingsOf(found);
  },
};

interface Search {
  readonly places: number;
  readonly texts: number;
  readonly hits: readonly string[];
  /** Of what nothing marks as a secret; these are no fault, and show that the search finds. */
  readonly open: readonly string[];
  /** Steps that did not come out as they should, so that nothing was searched in them. */
  readonly vain: readonly string[];
}

/** Plans and applies twice, so that secrets are old and new ones, and then fails in both. */
async function search(random: Random, moto: MotoServer): Promise<Search> {
  const secrets = new Secrets(random);
  const folder = mkdtempSync(join(tmpdir(), "canary-"));
  const s3 = new S3Client({
    region,
    endpoint: moto.url,
    forcePathStyle: true,
    credentials: { accessKeyId: "test", secretAccessKey: "test" },
  });
  try {
    await fetch(`${moto.url}/moto-api/reset`, { method: "POST" });
    const place = { LocationConstraint: region } as const;
    await s3.send(new CreateBucketCommand({ Bucket: bucket, CreateBucketConfiguration: place }));
    const texts = new Map<string, string>();
    const open = unmarked(secrets);
    const vain: string[] = [];
    const steps: [string, Configuration, { plan: string; apply?: string }][] = [
      ["first", configuration(secrets, "first", open), { plan: "changes", apply: "applied" }],
      ["second", configuration(secrets, "second", open), { plan: "changes", apply: "applied" }],
      ["a plan that fails", configuration(secrets, "third", open + failingPlan), { plan: "failed" }],
      [
        "an apply that fails",
        configuration(secrets, "fourth", open + failingApply),
        { plan: "changes", apply: "failed" },
      ],
      [
        "a destruction",
        { ...configuration(secrets, "fourth"), text: emptied(secrets) },
        { plan: "changes", apply: "applied" },
      ],
    ];
    for (const [index, [name, given, expected]] of steps.entries()) {
      const commit = commitOf(folder, given);
      for (const action of ["plan", "apply"] as const) {
        if (expected[action] === undefined) continue;
        const job = { folder, commit, aws: moto.url, runId: String(index + 1), secrets: environment(given) };
        const { surfaces, status } = await runJob(action, job);
        if (status !== expected[action]) vain.push(`${action}, ${name}: ${status}\n${surfaces.log}`);
        for (const [surface, text] of Object.entries(surfaces))
          texts.set(`${surface} of ${action}, ${name}`, text);
      }
    }
    for (const [key, body] of await objects(s3)) texts.set(key, `${key}\n${body}`);
    return { ...searchIn(texts, secrets), texts: texts.size, vain };
  } finally {
    s3.destroy();
    rmSync(folder, { recursive: true, force: true });
  }
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
  return configuration(secrets, "fourth").text.replaceAll(
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

function searchIn(texts: ReadonlyMap<string, string>, secrets: Secrets): Omit<Search, "texts" | "vain"> {
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
    trials: found.length,
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
