// Plans that real Terraform makes of a synthesized stack and of a plain folder, for the table of
// actions/shared/test/real-plans.test.ts. They are kept, since making them takes minutes:
//   node rehearsal/setup.mjs rehearsal/test/real-plans/make.ts
import { execFile } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { z } from "zod";
import { parseStackMap } from "../../../actions/shared/src/contracts/stack-map.ts";
import { type MotoServer, startMoto } from "../../../actions/shared/test/moto-server.ts";
import { type Configuration, synthesizeForTest } from "../../../infra/test/synthesis.ts";

interface Kind {
  readonly name: "synthesized" | "plain";
  /** Puts the root module into a folder. */
  readonly make: (folder: string) => Promise<void>;
  readonly file: string;
  readonly edits: Readonly<Record<"change" | "other" | "replace" | "remove", (text: string) => string>>;
  /** Name of the IAM role that somebody changes past Terraform. */
  readonly role: string;
}

const root = join(import.meta.dirname, "..", "..", "..");

function editing(edit: (resource: Configuration["resource"]) => void): (text: string) => string {
  return (text) => {
    const configuration = JSON.parse(text) as Configuration;
    edit(configuration.resource);
    return JSON.stringify(configuration);
  };
}

const synthesized: Kind = {
  name: "synthesized",
  file: "cdk.tf.json",
  make: async (folder) => {
    const map = parseStackMap(readFileSync(join(root, ".github/stacks.yml"), "utf8"), "map");
    const { outDir } = await synthesizeForTest(map);
    cpSync(join(outDir, "stacks", "global-deploy-identity"), folder, { recursive: true });
    rmSync(join(outDir, ".."), { recursive: true });
    // The plan roles say enough.
    const file = join(folder, "cdk.tf.json");
    const fewer = editing((resource) => {
      for (const named of Object.values(resource))
        for (const name of Object.keys(named)) if (name.startsWith("activity-apply-")) delete named[name];
    });
    writeFileSync(file, fewer(readFileSync(file, "utf8")));
  },
  edits: {
    change: editing(({ aws_iam_role_policy: policies = {} }) => {
      const policy = policies["activity-plan-stage-rights"] ?? {};
      policy["policy"] = String(policy["policy"]).replace("s3:ListBucket", "s3:ListBucketVersions");
    }),
    other: editing(({ aws_iam_role: roles = {} }) => {
      Object.assign(roles["activity-plan-stage"] ?? {}, { description: "Plans, and looks" });
    }),
    replace: editing(({ aws_iam_role: roles = {} }) => {
      Object.assign(roles["activity-plan-stage"] ?? {}, { name: "activity-plan-stage-2" });
    }),
    remove: editing(({ aws_iam_role_policy: policies = {} }) => {
      delete policies["activity-plan-global-rights"];
    }),
  },
  role: "activity-plan-global",
};

const plain: Kind = {
  name: "plain",
  file: "main.tf",
  make: async (folder) => {
    mkdirSync(join(folder, "parameter"), { recursive: true });
    writeFileSync(join(folder, "main.tf"), plainText);
    writeFileSync(
      join(folder, "parameter", "main.tf"),
      'variable "name" {}\nvariable "text" {}\nresource "aws_ssm_parameter" "this" {\n  name  = var.name\n  type  = "String"\n  value = var.text\n}\noutput "arn" { value = aws_ssm_parameter.this.arn }\n',
    );
  },
  edits: {
    change: (text) => text.replace('"s3:GetObject"', '"s3:GetObject", "s3:ListBucket"'),
    other: (text) => text.replace('size = "1"', 'size = "2"'),
    replace: (text) => text.replace('= "reader"', '= "reader-2"'),
    remove: (text) => text.replace(', colour = "red"', ""),
  },
  role: "reader",
};

const plainText = `terraform {
  required_providers {
    aws = { source = "hashicorp/aws", version = "5.100.0" }
  }
}
provider "aws" { region = "eu-west-1" }
locals { all = { size = "1", colour = "red" } }
module "parameter" {
  source   = "./parameter"
  for_each = local.all
  name     = "/app/\${each.key}"
  text     = each.value
}
data "aws_iam_policy_document" "read" {
  statement {
    actions   = ["s3:GetObject"]
    resources = ["*"]
  }
}
resource "aws_iam_role" "reader" {
  name               = "reader"
  assume_role_policy = jsonencode({ Version = "2012-10-17", Statement = [{ Effect = "Allow", Action = "sts:AssumeRole", Principal = { Service = "glue.amazonaws.com" } }] })
}
resource "aws_iam_role_policy" "read" {
  role   = aws_iam_role.reader.name
  policy = data.aws_iam_policy_document.read.json
}
output "sizes" { value = [for name, made in module.parameter : "\${name} \${local.all[name]}"] }
`;

/** What the parser of plans reads, and no more: a whole plan says everything three times. */
const essence = z.object({
  format_version: z.string(),
  resource_changes: z
    .array(z.looseObject({ address: z.string(), change: z.looseObject({ actions: z.array(z.string()) }) }))
    .default([])
    .transform((all) => all.filter(({ change }) => change.actions.some((action) => action !== "no-op"))),
  output_changes: z.unknown().optional(),
  variables: z.unknown().optional(),
  configuration: z.unknown().optional(),
});

const resourceSchema = z.looseObject({ address: z.string() });
const configurationSchema = z.looseObject({
  root_module: z.looseObject({ resources: z.array(resourceSchema).default([]) }),
});

function essenceOf(text: string): object {
  const plan = essence.parse(JSON.parse(text));
  const changed = new Set(plan.resource_changes.map(({ address }) => address));
  const { root_module: module, ...rest } = configurationSchema.parse(plan.configuration);
  const resources = module.resources.filter(({ address }) => changed.has(address));
  return { ...plan, configuration: { ...rest, root_module: { ...module, resources } } };
}

class Workbench {
  private readonly folder = mkdtempSync(join(tmpdir(), "real-plans-"));
  private readonly kind: Kind;
  private readonly moto: MotoServer;
  private base = "";

  constructor(kind: Kind, moto: MotoServer) {
    this.kind = kind;
    this.moto = moto;
  }

  async open(): Promise<void> {
    await this.kind.make(this.folder);
    this.base = readFileSync(this.file, "utf8");
    writeFileSync(
      join(this.folder, "local_override.tf.json"),
      '{"terraform":{"backend":{"local":{"path":"local.tfstate"}}}}',
    );
    await this.terraform("init", "-input=false");
  }

  async plan(edits: readonly (keyof Kind["edits"])[]): Promise<object> {
    writeFileSync(
      this.file,
      edits.reduce((text, edit) => this.kind.edits[edit](text), this.base),
    );
    await this.terraform("plan", "-input=false", "-out=plan.bin");
    return essenceOf(await this.terraform("show", "-json", "plan.bin"));
  }

  async apply(): Promise<void> {
    await this.terraform("apply", "-input=false", "plan.bin");
  }

  async drift(): Promise<void> {
    const answer = await fetch(this.moto.url, {
      method: "POST",
      headers: {
        authorization: "AWS4-HMAC-SHA256 Credential=test/20260101/us-east-1/iam/aws4_request, Signature=none",
      },
      body: new URLSearchParams({
        ...{ Action: "UpdateRole", Version: "2010-05-08", RoleName: this.kind.role },
        ...{ Description: "changed on the console", MaxSessionDuration: "7200" },
      }),
    });
    if (!answer.ok) throw new Error(await answer.text());
  }

  close(): void {
    rmSync(this.folder, { recursive: true });
  }

  private get file(): string {
    return join(this.folder, this.kind.file);
  }

  private async terraform(...args: readonly string[]): Promise<string> {
    const env = { ...process.env, ...this.moto.env };
    const { stdout } = await promisify(execFile)("terraform", args, {
      ...{ cwd: this.folder, env, maxBuffer: 1 << 28 },
    });
    return stdout;
  }
}

const moto = await startMoto();
try {
  for (const kind of [synthesized, plain]) {
    const bench = new Workbench(kind, moto);
    const lines: string[] = [];
    const plan = async (name: string, edits: readonly (keyof Kind["edits"])[]) => {
      lines.push(JSON.stringify({ name, plan: await bench.plan(edits) }));
      process.stderr.write(`${kind.name}: ${name}\n`);
    };
    // Each once as a pull request sees it, and once more as the apply does.
    const twice = async (name: string, edits: readonly (keyof Kind["edits"])[]) => {
      await plan(`${name}, reviewed`, edits);
      await plan(`${name}, found`, edits);
    };
    await bench.open();
    await twice("all", []);
    await bench.apply();
    for (const name of ["change", "other", "replace", "remove"] as const) await twice(name, [name]);
    await twice("change and other", ["change", "other"]);
    await twice("nothing", []);
    await bench.drift();
    await plan("drift, found", []);
    await plan("change and drift, found", ["change"]);
    bench.close();
    writeFileSync(join(import.meta.dirname, `${kind.name}.jsonl`), `${lines.join("\n")}\n`);
  }
} finally {
  await moto.stop();
}
