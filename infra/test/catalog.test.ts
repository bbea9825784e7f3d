import { beforeAll, describe, expect, it } from "vitest";
import { lakeTables } from "../../glue/tables.ts";
import { Naming } from "../naming.ts";
import { databaseName } from "../stage/workflow/glue/catalog-database.ts";
import { repositoryMap } from "./repository.ts";
import { type Asked, Roles } from "./simulate.ts";
import { type Configuration, resources, type Synthesized, synthesizeForTest } from "./synthesis.ts";

let synthesized: Synthesized;
let glue: Configuration;
beforeAll(async () => {
  synthesized = await synthesizeForTest(repositoryMap());
  glue = synthesized.stack("stage/workflow/glue");
});

const bucket = (name: string) => `s3://activity-stage-storage-s3-${name}-123456789012`;

describe("the catalog", () => {
  it("has a database whose name needs no quotes in a query", () => {
    expect(resources(glue, "aws_glue_catalog_database")).toMatchObject([{ name: "activity_stage" }]);
    const place = { account: "123456789012", region: "eu-west-1", stack: "pre-prod/workflow/glue" };
    expect(databaseName(new Naming({ project: "My-Lake", ...place }))).toBe("my_lake_pre_prod");
  });

  it("has every table that people query, with the columns that the jobs write", () => {
    const inOrder = (a: { name: unknown }, b: { name: unknown }) =>
      String(a.name).localeCompare(String(b.name));
    const named = resources(glue, "aws_glue_catalog_table").map((table) => ({
      ...table,
      name: table["name"],
    }));
    const tables = named.sort(inOrder);
    const expected = lakeTables()
      .filter(({ layer }) => layer !== "ingested")
      .sort(inOrder);
    expect(tables.map(({ name }) => name)).toEqual(expected.map(({ name }) => name));
    for (const [place, { columns, partition }] of expected.entries()) {
      const { partition_keys, storage_descriptor } = tables[place] as unknown as {
        partition_keys: readonly { name: string; type: string }[];
        storage_descriptor: { columns: readonly { name: string; type: string }[] };
      };
      const found = [...storage_descriptor.columns, ...partition_keys].map(({ name, type }) => [name, type]);
      expect(found).toEqual(expect.arrayContaining(columns.map(({ name, type }) => [name, type])));
      expect(found).toHaveLength(columns.length);
      expect(partition_keys.map(({ name }) => name)).toEqual(partition);
    }
  });

  it("works partitions out from dates, where the jobs put them", () => {
    const events = resources(glue, "aws_glue_catalog_table").find(({ name }) => name === "events");
    expect(events).toMatchObject({
      table_type: "EXTERNAL_TABLE",
      storage_descriptor: {
        location: `${bucket("qualified-layer")}/events/`,
        ser_de_info: {
          serialization_library: "org.apache.hadoop.hive.ql.io.parquet.serde.ParquetHiveSerDe",
        },
      },
      parameters: {
        "projection.enabled": "true",
        "projection.event_date.type": "date",
        "projection.event_date.range": "2011-02-12,NOW",
        "projection.event_date.format": "yyyy-MM-dd",
        "storage.location.template": `${bucket("qualified-layer")}/events/event_date=$\${event_date}/`,
      },
    });
  });

  it("holds each table to the rules that the processing job judges it by", () => {
    const rulesets = resources(glue, "aws_glue_data_quality_ruleset");
    const written = rulesets.map(({ ruleset }) => String(ruleset)).join("\n");
    const rules = lakeTables().flatMap((table) => table.rules);
    expect(written.match(/^ {2}\S/gm)).toHaveLength(rules.length);
    expect(rulesets.map(({ name }) => name)).toContain("activity-stage-workflow-glue-events-warn");
    for (const { target_table } of rulesets)
      expect(target_table).toMatchObject({
        table_name: expect.stringMatching(/^\$\{aws_glue_catalog_table\./),
      });
  });
});

describe("the jobs", () => {
  it("take their hours from the manifest and run one at a time, without a retry that would hide a fault", () => {
    const jobs = resources(glue, "aws_glue_job");
    expect(jobs).toHaveLength(2);
    for (const job of jobs)
      expect(job).toMatchObject({
        max_retries: 0,
        number_of_workers: 2,
        worker_type: "G.1X",
        execution_property: { max_concurrent_runs: 1 },
        default_arguments: { "--manifest-table": "activity-stage-storage-dynamodb-hour-manifest" },
      });
  });

  it("process what was ingested, whether ingestion ended well or not", () => {
    const trigger = resources(glue, "aws_glue_trigger").find(({ type }) => type === "CONDITIONAL");
    const predicate = trigger?.["predicate"] as { logical: string; conditions: readonly { state: string }[] };
    expect(predicate.logical).toBe("ANY");
    expect(predicate.conditions.map(({ state }) => state)).toEqual(["SUCCEEDED", "FAILED", "TIMEOUT"]);
  });

  it("may read and change rows of the manifest, and find what is due", () => {
    const table =
      "arn:aws:dynamodb:eu-west-1:123456789012:table/activity-stage-storage-dynamodb-hour-manifest";
    for (const { policy } of resources(glue, "aws_iam_role_policy")) {
      const { Statement } = JSON.parse(String(policy)) as { Statement: readonly Granted[] };
      const resourcesOf = (action: string) =>
        Statement.filter(({ Action }) => Action.includes(action)).flatMap(({ Resource }) => Resource);
      for (const action of ["dynamodb:GetItem", "dynamodb:UpdateItem"])
        expect(resourcesOf(action)).toEqual([table]);
      expect(resourcesOf("dynamodb:Query").join(" ")).toMatch(new RegExp(`${table}/index/(pending|\\*)`));
    }
  });
});

interface Granted {
  readonly Action: readonly string[];
  readonly Resource: readonly string[];
}

describe("the roles that deploy the catalog", () => {
  const arn = (rest: string) => `arn:aws:glue:eu-west-1:123456789012:${rest}`;
  const own = { "aws:RequestTag/stack": "stage/workflow/glue" };
  const ruleset = arn("dataQualityRuleset/activity-stage-workflow-glue-events-fail");
  const apply = "activity-apply-stage-workflow-glue";
  const asked = async (role: string, question: Asked) =>
    new Roles(synthesized.stack("global/deploy-identity"), "123456789012").allows(role, question);

  it.each<Asked>([
    { action: "glue:CreateTable", resource: arn("table/activity_stage/events") },
    { action: "glue:DeleteDatabase", resource: arn("database/activity_stage") },
    { action: "glue:CreateDataQualityRuleset", resource: "*", context: own },
    { action: "glue:UpdateDataQualityRuleset", resource: ruleset },
  ])("apply may $action on $resource, and plan may not", async (question) => {
    expect(await asked(apply, question)).toBe(true);
    expect(await asked("activity-plan-stage", question)).toBe(false);
  });

  it.each<Asked>([
    { action: "glue:CreateTable", resource: arn("table/finance/ledger") },
    { action: "glue:DeleteDatabase", resource: arn("database/finance") },
    { action: "glue:CreateDataQualityRuleset", resource: "*" },
    { action: "glue:DeleteDataQualityRuleset", resource: arn("dataQualityRuleset/other") },
  ])("apply may not $action on $resource of somebody else", async (question) => {
    expect(await asked(apply, question)).toBe(false);
  });

  it("plan may read it", async () => {
    for (const action of ["glue:GetTable", "glue:GetPartitionIndexes"])
      expect(
        await asked("activity-plan-stage", { action, resource: arn("table/activity_stage/events") }),
      ).toBe(true);
    const question = { action: "glue:GetDataQualityRuleset", resource: ruleset };
    expect(await asked("activity-plan-stage", question)).toBe(true);
  });
});
