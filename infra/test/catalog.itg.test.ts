import { cpSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { CreateBucketCommand, S3Client } from "@aws-sdk/client-s3";
import { afterAll, beforeAll, expect, it } from "vitest";
import { parseStackMap } from "../../actions/shared/src/contracts/stack-map.ts";
import { administrator } from "../../rehearsal/src/servers/aws-front.ts";
import { type AwsAccount, openAccount, runToEnd } from "./aws-account.ts";
import { copyRepository } from "./repository.ts";
import { synthesizeForTest } from "./synthesis.ts";

/** The jobs' stack by itself, from nothing to nothing, each step with the role that takes it. */
const minutes = 60_000;
let account: AwsAccount;
let folder: string;

beforeAll(async () => {
  account = await openAccount("123456789012");
  const repository = copyRepository(join(account.folder, "repository"));
  const map = parseStackMap(readFileSync(join(repository, ".github/stacks.yml"), "utf8"), "map");
  const { outDir } = await synthesizeForTest(map);
  folder = join(account.folder, "job");
  cpSync(join(outDir, "stacks", "stage-workflow-glue"), folder, { recursive: true });
  const bootstrap = ["infra/bootstrap.ts"];
  const done = await runToEnd(process.execPath, bootstrap, { cwd: repository, env: account.administrator });
  if (done.code !== 0) throw new Error(done.text);
  const client = { endpoint: account.front.url, region: "eu-west-1", credentials: administrator };
  await new S3Client({ ...client, forcePathStyle: true }).send(
    new CreateBucketCommand({
      Bucket: "activity-stage-storage-s3-helper-bucket-123456789012",
      CreateBucketConfiguration: { LocationConstraint: "eu-west-1" },
    }),
  );
}, 8 * minutes);
afterAll(() => account.close());

async function terraform(role: string, ...args: string[]): Promise<{ code: number; text: string }> {
  const env = await account.assume(role);
  const init = ["init", "-no-color", "-input=false", "-lockfile=readonly"];
  const ready = await runToEnd("terraform", init, { cwd: folder, env });
  expect(ready.code, ready.text).toBe(0);
  const [command = "", ...rest] = args;
  const ended = await runToEnd("terraform", [command, "-no-color", "-input=false", ...rest], {
    cwd: folder,
    env,
  });
  expect(account.front.denials).toEqual([]);
  return ended;
}

async function glue(operation: string, body: object): Promise<Record<string, unknown>> {
  const scope = `${administrator.accessKeyId}/20260101/eu-west-1/glue/aws4_request`;
  const answer = await fetch(account.front.url, {
    method: "POST",
    headers: {
      "content-type": "application/x-amz-json-1.1",
      "x-amz-target": `AWSGlue.${operation}`,
      authorization: `AWS4-HMAC-SHA256 Credential=${scope}, SignedHeaders=host, Signature=x`,
    },
    body: JSON.stringify(body),
  });
  return (await answer.json()) as Record<string, unknown>;
}

it(
  "is applied by its own role",
  async () => {
    const { code, text } = await terraform("activity-apply-stage-workflow-glue", "apply", "-auto-approve");
    expect(code, text).toBe(0);
    const { Table } = await glue("GetTable", { DatabaseName: "activity_stage", Name: "events" });
    expect(Table).toMatchObject({
      PartitionKeys: [{ Name: "event_date", Type: "date" }],
      Parameters: {
        "storage.location.template":
          "s3://activity-stage-storage-s3-qualified-layer-123456789012/events/event_date=${event_date}/",
      },
    });
    const rules = await glue("GetDataQualityRuleset", { Name: "activity-stage-workflow-glue-events-fail" });
    expect(rules).toMatchObject({
      TargetTable: { DatabaseName: "activity_stage", TableName: "events" },
      Ruleset: expect.stringContaining('IsPrimaryKey "event_type" "event_id" "event_date"'),
    });
  },
  5 * minutes,
);

it(
  "has an empty plan after that",
  async () => {
    const plan = ["plan", "-lock=false", "-detailed-exitcode"];
    const { code, text } = await terraform("activity-plan-stage", ...plan);
    expect(code, text).toBe(0);
  },
  3 * minutes,
);

it(
  "is destroyed by its own role",
  async () => {
    const { code, text } = await terraform("activity-apply-stage-workflow-glue", "destroy", "-auto-approve");
    expect(code, text).toBe(0);
    expect(await glue("ListDataQualityRulesets", {})).toEqual({ Rulesets: [] });
  },
  5 * minutes,
);
