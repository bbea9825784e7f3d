import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { dashed, parseStackMap } from "../../actions/shared/src/contracts/stack-map.ts";
import { ScheduledFunction } from "../modules/lambda/scheduled-function.ts";
import type { PlatformStack } from "../platform-stack.ts";
import { stackCodeIn } from "../stack-code.ts";
import { mapText, repositoryMap, root } from "./repository.ts";
import { resources, type Synthesized, synthesizeForTest } from "./synthesis.ts";

const map = repositoryMap();
let synthesized: Synthesized;
beforeAll(async () => {
  synthesized = await synthesizeForTest(map);
});

describe("every stack", () => {
  it.each([...map.stacks.values()])("$id has its own state, locked twice and encrypted", ({ id }) => {
    expect(synthesized.stack(id).terraform.backend["s3"]).toEqual({
      bucket: map.store.bucket,
      key: `${id}/terraform.tfstate`,
      region: map.store.region,
      dynamodb_table: map.table,
      use_lockfile: true,
      encrypt: true,
    });
  });

  it.each([...map.stacks.values()])("$id acts in its own account and region only", ({ id, environment }) => {
    expect(synthesized.stack(id).provider["aws"]).toEqual([
      {
        region: environment.region,
        allowed_account_ids: [environment.account],
        default_tags: [{ tags: { project: map.project, environment: environment.name, stack: id } }],
      },
    ]);
  });

  it.each([...map.stacks.keys()])("%s reads nothing while it plans and brings the provider lock", (id) => {
    expect(synthesized.stack(id).data).toBeUndefined();
    const lock = readFileSync(join(synthesized.outDir, "stacks", dashed(id), ".terraform.lock.hcl"), "utf8");
    expect(lock).toBe(readFileSync(join(root, "infra/.terraform.lock.hcl"), "utf8"));
  });

  it.each([...map.stacks.keys()])("%s has policies that are literal, so every plan shows them", (id) => {
    const policies = Object.values(synthesized.stack(id).resource)
      .flatMap((type) => Object.values(type))
      .flatMap(({ policy, assume_role_policy }) => [policy, assume_role_policy])
      .filter((policy) => policy !== undefined);
    for (const policy of policies) {
      expect(policy).not.toContain("${");
      expect(JSON.parse(policy as string)).toMatchObject({ Version: "2012-10-17" });
    }
  });
});

describe("buckets", () => {
  it.each(["global/backend", "stage/storage/s3"])(
    "of %s are versioned, encrypted, private and TLS only",
    (id) => {
      const configuration = synthesized.stack(id);
      const count = resources(configuration, "aws_s3_bucket").length;
      expect(count).toBe(id === "global/backend" ? 1 : 3);
      for (const [type, expected] of Object.entries(perBucket)) {
        expect(resources(configuration, type)).toHaveLength(count);
        for (const resource of resources(configuration, type)) expect(resource).toMatchObject(expected);
      }
      for (const { policy } of resources(configuration, "aws_s3_bucket_policy"))
        expect(JSON.parse(policy as string).Statement[0]).toMatchObject({
          Effect: "Deny",
          Principal: "*",
          Condition: { Bool: { "aws:SecureTransport": "false" } },
        });
    },
  );

  const perBucket = {
    aws_s3_bucket_versioning: { versioning_configuration: { status: "Enabled" } },
    aws_s3_bucket_server_side_encryption_configuration: {
      rule: [{ apply_server_side_encryption_by_default: { sse_algorithm: "AES256" } }],
    },
    aws_s3_bucket_public_access_block: {
      block_public_acls: true,
      block_public_policy: true,
      ignore_public_acls: true,
      restrict_public_buckets: true,
    },
    aws_s3_bucket_ownership_controls: { rule: { object_ownership: "BucketOwnerEnforced" } },
    aws_s3_bucket_lifecycle_configuration: {
      rule: expect.arrayContaining([expect.objectContaining({ id: "housekeeping", status: "Enabled" })]),
    },
  };

  it("protect the state from deletion", () => {
    const backend = synthesized.stack("global/backend");
    for (const type of ["aws_s3_bucket", "aws_dynamodb_table"])
      expect(resources(backend, type)[0]).toMatchObject({ lifecycle: { prevent_destroy: true } });
    expect(resources(backend, "aws_dynamodb_table")[0]).toMatchObject({
      deletion_protection_enabled: true,
      point_in_time_recovery: { enabled: true },
      hash_key: "LockID",
    });
  });
});

it("the manifest is found by hour and by what is due, and is not lost by mistake", () => {
  const tables = resources(synthesized.stack("stage/storage/dynamodb"), "aws_dynamodb_table");
  expect(tables).toMatchObject([
    {
      name: "activity-stage-storage-dynamodb-hour-manifest",
      billing_mode: "PAY_PER_REQUEST",
      hash_key: "date",
      range_key: "hour",
      global_secondary_index: [
        { name: "pending", hash_key: "pending", range_key: "due", projection_type: "ALL" },
      ],
      point_in_time_recovery: { enabled: true },
      deletion_protection_enabled: true,
    },
  ]);
});

describe("functions and jobs", () => {
  it("give each function its own code, role, log, queue of failures and schedule", () => {
    const lambda = synthesized.stack("stage/workflow/lambda");
    const functions = resources(lambda, "aws_lambda_function");
    expect(functions.map(({ handler }) => handler)).toEqual(["index.handler", "index.handler"]);
    expect(new Set(functions.map(({ source_code_hash }) => source_code_hash)).size).toBe(2);
    for (const type of ["aws_cloudwatch_log_group", "aws_scheduler_schedule"])
      expect(resources(lambda, type)).toHaveLength(2);
    expect(resources(lambda, "aws_sqs_queue").map(({ name }) => name)).toEqual(
      expect.arrayContaining([
        "activity-stage-workflow-lambda-ingestion-batch-layer-dlq",
        "activity-stage-workflow-lambda-ingestion-real-time-layer-dlq",
      ]),
    );
    expect(resources(lambda, "aws_lambda_function_event_invoke_config")).toHaveLength(1);
    expect(
      resources(lambda, "aws_iam_role").every(
        ({ permissions_boundary }) =>
          permissions_boundary === `arn:aws:iam::123456789012:policy/activity-workload-boundary`,
      ),
    ).toBe(true);
  });

  it("feed the batch function from a queue that outwaits it, message by message", () => {
    const lambda = synthesized.stack("stage/workflow/lambda");
    const name = "activity-stage-workflow-lambda-ingestion-batch-layer";
    const queue = resources(lambda, "aws_sqs_queue").find((found) => found["name"] === name);
    const batch = resources(lambda, "aws_lambda_function").find((found) => found["function_name"] === name);
    expect(queue?.["visibility_timeout_seconds"]).toBeGreaterThanOrEqual(6 * Number(batch?.["timeout"]));
    expect(JSON.parse(String(queue?.["redrive_policy"]))).toEqual({
      deadLetterTargetArn: `arn:aws:sqs:eu-west-1:123456789012:${name}-dlq`,
      maxReceiveCount: 5,
    });
    expect(batch).toMatchObject({
      environment: {
        variables: {
          MANIFEST_TABLE: "activity-stage-storage-dynamodb-hour-manifest",
          QUEUE_URL: `https://sqs.eu-west-1.amazonaws.com/123456789012/${name}`,
        },
      },
    });
    expect(resources(lambda, "aws_lambda_event_source_mapping")).toMatchObject([
      {
        batch_size: 4,
        function_response_types: ["ReportBatchItemFailures"],
        scaling_config: { maximum_concurrency: 2 },
      },
    ]);
  });

  it("tell by an alarm that something waits in a queue of failures, or for long", () => {
    const alarms = resources(synthesized.stack("stage/workflow/lambda"), "aws_cloudwatch_metric_alarm");
    expect(
      alarms.map(({ alarm_name, metric_name, threshold }) => [alarm_name, metric_name, threshold]),
    ).toEqual(
      expect.arrayContaining([
        [expect.stringMatching(/batch-layer-dlq$/), "ApproximateNumberOfMessagesVisible", 0],
        [expect.stringMatching(/batch-layer-age$/), "ApproximateAgeOfOldestMessage", 21_600],
        [expect.stringMatching(/real-time-layer-dlq$/), "ApproximateNumberOfMessagesVisible", 0],
      ]),
    );
    expect(alarms).toHaveLength(3);
    for (const alarm of alarms) expect(alarm["alarm_actions"]).toBeUndefined();
  });

  it("read the secrets and tell the topic that they are given, and no others", async () => {
    const secret = "arn:aws:secretsmanager:eu-west-1:123456789012:secret:token-AbCdEf";
    const topic = "arn:aws:sns:eu-west-1:123456789012:alarms";
    const code = stackCodeIn(join(root, "infra"));
    const given = {
      ...code,
      build: async (id: string) =>
        id === "stage/workflow/lambda"
          ? async (stack: PlatformStack) =>
              void new ScheduledFunction(stack, "own", {
                naming: stack.naming,
                resource: "own",
                description: "x",
                bundle: await stack.artifacts.functionBundle("own"),
                schedule: "rate(5 minutes)",
                statements: [],
                environment: { A: "b" },
                secrets: { TOKEN_SECRET_ARN: secret },
                alarmTopicArn: topic,
              })
          : code.build(id),
    };
    const lambda = (await synthesizeForTest(map, given)).stack("stage/workflow/lambda");
    expect(resources(lambda, "aws_lambda_function")).toMatchObject([
      { environment: { variables: { A: "b", TOKEN_SECRET_ARN: secret } } },
    ]);
    expect(resources(lambda, "aws_cloudwatch_metric_alarm")).toMatchObject([{ alarm_actions: [topic] }]);
    const policies = resources(lambda, "aws_iam_role_policy").map(({ policy }) => String(policy));
    const reading = policies.filter((policy) => policy.includes("secretsmanager"));
    expect(reading).toHaveLength(1);
    expect(JSON.parse(reading[0] ?? "").Statement).toContainEqual({
      Effect: "Allow",
      Action: ["secretsmanager:GetSecretValue"],
      Resource: [secret],
    });
  });

  it("upload the code of jobs under keys that hold its digest", () => {
    const glue = synthesized.stack("stage/workflow/glue");
    for (const { key, source_hash } of resources(glue, "aws_s3_object"))
      expect(key).toContain(`/${String(source_hash).slice(0, 16)}/`);
    for (const job of resources(glue, "aws_glue_job"))
      expect(job).toMatchObject({
        glue_version: "5.1",
        default_arguments: { "--job-bookmark-option": "job-bookmark-disable" },
      });
    expect(resources(glue, "aws_glue_trigger").map(({ type }) => type)).toEqual(
      expect.arrayContaining(["CONDITIONAL", "SCHEDULED"]),
    );
  });
});

describe("a map that cannot be synthesized", () => {
  it("names the stack that has no code", async () => {
    const text = mapText
      .replace("stage/storage/s3:", "stage/storage/s4:")
      .replaceAll("after: [stage/storage/s3,", "after: [stage/storage/s4,");
    await expect(synthesizeForTest(parseStackMap(text, "map"))).rejects.toThrow(
      /stage\/storage\/s4.*infra\/stage\/storage\/s4\/stack\.ts/,
    );
  });

  it.each([
    ["stage/workflow", /Names in the stack stage\/workflow\/lambda begin like those of stage\/workflow/],
    ["apply/things", /names of deploy roles/],
  ])("refuses the id %s, under which names would not tell the owner", async (id, message) => {
    const text = `${mapText}  ${id}:\n    environment: stage\n    paths: [x/**]\n`;
    await expect(synthesizeForTest(parseStackMap(text, "map"))).rejects.toThrow(message);
  });
});

it("leaves out plain Terraform folders", async () => {
  const text = `${mapText}  plain/network:\n    environment: stage\n    paths: [terraform/**]\n    folder: terraform/network\n`;
  const { outDir } = await synthesizeForTest(parseStackMap(text, "map"), stackCodeIn(join(root, "infra")));
  expect(readdirSync(join(outDir, "stacks"))).not.toContain("plain-network");
});
