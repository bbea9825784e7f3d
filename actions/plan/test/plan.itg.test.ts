import { chmodSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { CreateTableCommand, DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { PutBucketTaggingCommand } from "@aws-sdk/client-s3";
import { afterAll, beforeAll, expect, onTestFinished, test } from "vitest";
import { openDoor } from "../../shared/test/aws-door.ts";
import { awsProvider, bucket, Deployment, rootModule, stackMapText } from "../../shared/test/deployment.ts";
import { type MotoServer, startMoto } from "../../shared/test/moto-server.ts";

let moto: MotoServer;
let folder: string;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "plan-"));
  moto = await startMoto();
});
afterAll(async () => {
  await moto.stop();
  rmSync(folder, { recursive: true });
});

const credentials = { accessKeyId: "test", secretAccessKey: "test" };

const note = (id: string, text = "one") =>
  rootModule(id, `resource "terraform_data" "note" { input = "${text}" }\n`);

test("a stack that cannot be planned does not keep the others from it", async () => {
  const broken = rootModule("broken", 'resource "terraform_data" "x" { input = var.missing }\n');
  using deployment = await Deployment.create(moto, {
    "stacks.yml": stackMapText({ stacks: { broken: "", gone: "", app: "" } }),
    "broken/main.tf": broken,
    "app/main.tf": note("app"),
  });
  const step = await deployment.plan({ stacks: "broken gone app" });
  expect(step).toMatchObject({ code: 1, outputs: { changes: "app", failed: "broken gone" } });
  expect(step.results.get("broken")?.error?.message).toBe(
    "broken: terraform plan failed with exit code 1: Reference to undeclared input variable",
  );
  expect(step.results.get("gone")?.error?.message).toBe("gone: the folder gone does not exist");
  const [record, link, ...more] = await deployment.keys();
  expect(record).toMatch(/^records\/[^/]+\/[0-9a-f]{64}\//);
  expect(link).toMatch(/^records\/[^/]+\/links\//);
  expect(more).toEqual([]);
});

test("var-files, backend configuration, named variables and a workspace reach Terraform, and no token does", async () => {
  const root = `terraform {
  backend "s3" {}
}
variable "size" { type = number }
variable "name" { type = string }
resource "terraform_data" "all" { input = "\${var.name} \${var.size} \${terraform.workspace}" }
`;
  const entry = `    workspace: blue
    state: { key: guest.tfstate }
    var-files: [small.tfvars]
    backend-config: [backend.conf, key=guest.tfstate]
    env: [TF_VAR_name]
`;
  using deployment = await Deployment.create(moto, {
    "stacks.yml": stackMapText({ stacks: { guest: entry } }),
    "guest/main.tf": root,
    "guest/small.tfvars": "size = 3\n",
    "guest/backend.conf": `bucket = "state"
region = "eu-west-1"
use_lockfile = true
use_path_style = true
skip_credentials_validation = true
skip_requesting_account_id = true
skip_metadata_api_check = true
`,
  });
  const env = { TF_VAR_name: "guest", TF_VAR_size: "99" };
  const first = await deployment.plan({ stacks: "guest" }, { env });
  expect(first, first.log).toMatchObject({ code: 0, outputs: { changes: "guest" } });
  expect(await deployment.keys()).toEqual([
    expect.stringMatching(/^records\/guest\/[0-9a-f]{64}\//),
    expect.stringMatching(/^records\/guest\/links\//),
  ]);
  expect(deployment.repository.git("status", "--porcelain", "--ignored")).toBe("");

  const applied = await deployment.apply({ stacks: "guest" }, { env });
  expect(applied.code).toBe(0);
  expect(await deployment.keys("env:/")).toEqual(["env:/blue/guest.tfstate"]);
  expect(await deployment.object("env:/blue/guest.tfstate")).toContain("guest 3 blue");
  const planned = await deployment.plan({ stacks: "guest" }, { env });
  expect(planned).toMatchObject({ code: 0, outputs: { changes: "" } });
});

test("a plan takes neither of Terraform's locks, and writes nothing but its record and the link to it", async () => {
  const withTable = (text: string) =>
    text.replace("use_lockfile = true", 'use_lockfile = true\n    dynamodb_table = "locks"');
  using deployment = await Deployment.create(moto, {
    "stacks.yml": stackMapText({ stacks: { app: "", blue: "    workspace: blue\n" } }).replace(
      `region: eu-west-1 }\nenv`,
      `region: eu-west-1, table: locks }\nenv`,
    ),
    "app/main.tf": withTable(note("app")),
    "blue/main.tf": withTable(note("blue")),
  });
  const tables = new DynamoDBClient({ region: "eu-west-1", endpoint: moto.url, credentials });
  onTestFinished(() => tables.destroy());
  await tables.send(
    new CreateTableCommand({
      TableName: "locks",
      KeySchema: [{ AttributeName: "LockID", KeyType: "HASH" }],
      AttributeDefinitions: [{ AttributeName: "LockID", AttributeType: "S" }],
      BillingMode: "PAY_PER_REQUEST",
    }),
  );
  const { url, requests } = await openDoor(moto.url);
  const env = { AWS_ENDPOINT_URL: url };
  const writes = () => requests.splice(0).filter((each) => !/^(GET|HEAD) |\.GetItem$/.test(each));
  const ofRecords = (stack: string) => [
    expect.stringMatching(new RegExp(`^PUT /${bucket}/records/${stack}/[0-9a-f]{64}/`)),
    expect.stringMatching(new RegExp(`^PUT /${bucket}/records/${stack}/links/`)),
  ];
  const first = await deployment.plan({ stacks: "app blue" }, { env });
  expect(first.code, first.log).toBe(0);
  expect(writes(), "where there is no state yet").toEqual([...ofRecords("app"), ...ofRecords("blue")]);

  const applied = await deployment.apply({ stacks: "app" }, { env });
  expect(applied.code, applied.log).toBe(0);
  expect(writes(), "an apply takes both").toEqual(
    expect.arrayContaining([`PUT /${bucket}/app/terraform.tfstate.tflock`, "DynamoDB_20120810.PutItem"]),
  );
  deployment.repository.commit({ "app/main.tf": withTable(note("app", "two")) });
  expect((await deployment.plan({ stacks: "app" }, { env })).outputs).toMatchObject({ changes: "app" });
  expect(writes(), "where there is one").toEqual(ofRecords("app"));
});

test("a folder that keeps its state elsewhere than the map says is refused before it is planned", async () => {
  using deployment = await Deployment.create(moto, {
    "stacks.yml": stackMapText({ stacks: { app: "", local: "" } }),
    "app/main.tf": note("other"),
    "local/main.tf": 'resource "terraform_data" "x" {}\n',
  });
  const step = await deployment.plan({ stacks: "app local" });
  expect(step.results.get("app")?.error?.message).toContain(
    'its key is "other/terraform.tfstate", the stack map says "app/terraform.tfstate"',
  );
  expect(step.results.get("local")?.error?.message).toContain("it has no backend");
  expect(await deployment.keys()).toEqual([]);
});

test("without a provider lock file a synthesized stack is refused, and a plain folder is warned of", async () => {
  const mapText = stackMapText({ stacks: { made: "", plain: "", strict: "    provider-lock: required\n" } });
  using deployment = await Deployment.create(moto, {
    "stacks.yml": mapText.replace("folder: made", "folder: cdktf.out/stacks/made"),
    "cdktf.out/stacks/made/main.tf": rootModule("made", awsProvider),
    "plain/main.tf": rootModule("plain", awsProvider),
    "strict/main.tf": rootModule("strict", awsProvider),
  });
  const step = await deployment.plan({ stacks: "made plain strict" });
  expect(step.outputs["failed"]).toBe("made strict");
  for (const id of ["made", "strict"])
    expect(step.results.get(id)?.error?.message).toMatch(/has no provider lock file \(.terraform.lock.hcl\)/);
  expect(step.results.get("made")?.error?.hint).toContain("include-hidden-files: true");
  expect(step.results.get("strict")?.error?.hint).toContain("provider-lock: optional");
  expect(step.log).toMatch(
    /^::warning::plain: the folder plain has no .* chose hashicorp\/aws 5\.100\.0 itself/m,
  );
  expect(step.log.match(/Initializing the backend/g), "the others never came to init").toHaveLength(1);
});

test("a folder that leads out of the workspace is refused", async () => {
  using deployment = await Deployment.create(moto, { "stacks.yml": stackMapText({ stacks: { app: "" } }) });
  const outside = join(folder, "outside");
  mkdirSync(outside);
  writeFileSync(join(outside, "main.tf"), note("app"));
  symlinkSync(outside, join(deployment.repository.folder, "app"));
  const step = await deployment.plan({ stacks: "app" });
  expect(step.results.get("app")?.error?.message).toBe('app: the folder "app" is outside the workspace');
});

test("Terraform that is missing, too old or something else is told in one error", async () => {
  using deployment = await Deployment.create(moto, {
    "stacks.yml": stackMapText({ stacks: { app: "" } }),
    "app/main.tf": note("app"),
  });
  const program = (name: string, says: string) => {
    const file = join(folder, name);
    writeFileSync(file, `#!/bin/sh\necho '${says}'\n`);
    chmodSync(file, 0o755);
    return file;
  };
  const cases: [string, RegExp][] = [
    [join(folder, "nothing"), /::error::input "terraform": .*nothing cannot be started/],
    [
      program("old", '{"terraform_version":"1.9.8"}'),
      /::error::Terraform 1\.9\.8 is too old: it must be 1\.10\.0 or later/,
    ],
    [program("other", "hello"), /::error::input "terraform": .*other does not say its version/],
  ];
  for (const [terraform, message] of cases) {
    const step = await deployment.plan({ stacks: "app", terraform });
    expect(step.code).toBe(1);
    expect(step.log).toMatch(message);
  }
});

test("inputs that are wrong are all named", async () => {
  using deployment = await Deployment.create(moto, { "stacks.yml": stackMapText({ stacks: { app: "" } }) });
  const step = await deployment.plan({ stacks: "", operation: "unlock", "duration-seconds": "5" });
  for (const name of ["stacks", "operation", "duration-seconds"])
    expect(step.log).toContain(`input "${name}"`);
  const unknown = await deployment.plan({ stacks: "apq" });
  expect(unknown.log).toContain('the stack map has no stack "apq"');
  expect(unknown.log).toContain('did you mean "app"?');
});

test("no secret of a plan leaves it, wherever the plan holds it; another secret and drift are refused", async () => {
  const canary = "kanarienvogel-7f3a";
  const body = `${awsProvider}
variable "secret" {
  type      = string
  sensitive = true
}
resource "aws_ssm_parameter" "secret" {
  name        = "/demo/secret"
  type        = "SecureString"
  value       = var.secret
  description = "plain"
}
resource "aws_s3_bucket" "data" {
  bucket = "data"
  tags   = { Owner = "ann" }
}
resource "terraform_data" "wrapped" {
  input = { list = ["x", var.secret], text = "prefix-\${var.secret}" }
}
resource "terraform_data" "leaked" {
  input = jsonencode({ Statement = [{ Sid = nonsensitive(var.secret), Effect = "Allow" }] })
}
output "secret" {
  value     = var.secret
  sensitive = true
}
`;
  using deployment = await Deployment.create(moto, {
    "stacks.yml": stackMapText({ stacks: { app: "    env: [TF_VAR_secret]\n" } }),
    "app/main.tf": rootModule("app", body),
  });
  const env = { TF_VAR_secret: canary };
  const planned = await deployment.plan({ stacks: "app" }, { env });
  expect(planned.code, planned.log).toBe(0);
  const [key = ""] = await deployment.keys("records/");
  const masks = planned.visible.split("\n").filter((line) => line.startsWith("::add-mask::"));
  expect(masks).toContain(`::add-mask::${canary}`);
  const shown = JSON.stringify([planned.summary, planned.outputs, [...planned.results]]);
  expect(shown).not.toContain(canary);
  expect(await deployment.object(key)).not.toContain(canary);
  const changes = planned.results.get("app")?.changes ?? [];
  expect(changes.find(({ address }) => address === "aws_ssm_parameter.secret")?.diff).toContain(
    "+ value: (sensitive value)",
  );
  expect(changes.find(({ address }) => address === "terraform_data.leaked")?.diff).toContain(
    '+ input.Statement[0].Sid: "(sensitive value)"',
  );

  const other = await deployment.apply({ stacks: "app" }, { env: { TF_VAR_secret: `${canary}-other` } });
  expect(other.results.get("app")?.status).toBe("refused");
  expect(JSON.stringify([...other.results])).not.toContain(canary);

  const applied = await deployment.apply({ stacks: "app" }, { env });
  expect(applied.outputs).toMatchObject({ applied: "app" });
  expect(JSON.stringify([applied.summary, applied.outputs, [...applied.results]])).not.toContain(canary);

  await deployment.s3.send(
    new PutBucketTaggingCommand({ Bucket: "data", Tagging: { TagSet: [{ Key: "Owner", Value: "bob" }] } }),
  );
  const drifted = await deployment.apply({ stacks: "app" }, { env });
  expect(drifted.results.get("app")).toMatchObject({ status: "refused", counts: { update: 1 } });
  expect(drifted.results.get("app")?.changes[0]?.diff).toContain('~ tags.Owner: "bob" → "ann"');
});
