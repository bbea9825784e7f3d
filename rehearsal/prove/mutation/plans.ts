import type { Random } from "../random.ts";

/** Plans as `terraform show -json` writes them, made up at random. */

export interface ChangeDocument {
  address: string;
  mode: string;
  type: string;
  previous_address?: string;
  deposed?: string;
  change: {
    actions: string[];
    before: unknown;
    after: unknown;
    after_unknown: unknown;
    before_sensitive: unknown;
    after_sensitive: unknown;
    replace_paths?: (string | number)[][];
    importing?: { id: string };
  };
}

export interface PlanDocument {
  format_version: string;
  resource_changes: ChangeDocument[];
  output_changes: Record<
    string,
    { actions: string[]; before: unknown; after: unknown; after_unknown: unknown }
  >;
  configuration: { provider_config: unknown; root_module: unknown };
}

type Values = Record<string, unknown>;

const words = ["alpha", "beta", "gamma", "delta", "raw", "qualified", "eu-west-1", "kms"] as const;

export function randomPlan(random: Random): PlanDocument {
  const changes = Array.from({ length: 2 + random.below(5) }, (_, index) => randomChange(index, random));
  const outputs = Array.from({ length: random.below(3) }, (_, index) => [
    `output_${index}`,
    { actions: ["update"], before: text(random), after: `${text(random)}!`, after_unknown: false },
  ]);
  return {
    format_version: "1.2",
    resource_changes: changes,
    output_changes: Object.fromEntries(outputs),
    configuration: {
      provider_config: { aws: { name: "aws", expressions: { region: { constant_value: text(random) } } } },
      root_module: {
        resources: changes.map(({ address }) => ({
          address,
          // Ids and ARNs are the provider's; the rest is given.
          expressions: Object.fromEntries(
            ["name", "size", "tags", "policy", "list", "rules"].map((name) => [name, {}]),
          ),
        })),
      },
    },
  };
}

const kinds = [
  "create",
  "create",
  "update",
  "update",
  "delete",
  "replace",
  "forget",
  "move",
  "import",
] as const;

function randomChange(index: number, random: Random): ChangeDocument {
  const address = `aws_${random.pick(["s3_bucket", "iam_role", "lambda_function"])}.r${index}`;
  const before = attributes(random);
  const { change, ...rest } = changeOf(random.pick(kinds), { before, address, random });
  return {
    address,
    mode: "managed",
    type: address.split(".")[0] ?? "",
    ...rest,
    change: {
      actions: ["no-op"],
      before,
      after: before,
      after_unknown: {},
      before_sensitive: random.chance(0.3) ? { name: true } : {},
      after_sensitive: {},
      ...change,
    },
  };
}

interface Drawn {
  readonly before: Values;
  readonly address: string;
  readonly random: Random;
}

type Part = Partial<Omit<ChangeDocument, "change">> & { readonly change: Partial<ChangeDocument["change"]> };

function changeOf(kind: (typeof kinds)[number], { before, address, random }: Drawn): Part {
  const after = altered(before, random);
  const { id: _, arn: __, ...given } = after;
  switch (kind) {
    case "import":
      return { change: { importing: { id: text(random) } } };
    case "create":
      return {
        change: { actions: ["create"], before: null, after: given, after_unknown: { id: true, arn: true } },
      };
    case "update":
      return { change: { actions: ["update"], after } };
    case "delete":
      return {
        ...(random.chance(0.2) ? { deposed: "0a1b2c3d" } : {}),
        change: { actions: ["delete"], after: null },
      };
    case "forget":
      return { change: { actions: ["forget"], after: null } };
    case "replace":
      return {
        change: {
          actions: random.chance(0.5) ? ["delete", "create"] : ["create", "delete"],
          after: given,
          after_unknown: { id: true, ...(random.chance(0.3) ? { arn: true } : {}) },
          replace_paths: [["name"], ...(random.chance(0.5) ? [["rules", 0, "port"]] : [])],
        },
      };
    case "move":
      return { previous_address: `${address}_old`, change: {} };
    default:
      return kind satisfies never;
  }
}

function attributes(random: Random): Values {
  return {
    id: text(random),
    arn: `arn:aws:${text(random)}`,
    name: text(random),
    size: random.below(1000),
    enabled: random.chance(0.5),
    description: random.chance(0.3) ? null : text(random),
    tags: { owner: text(random), "a/b~c": text(random) },
    list: Array.from({ length: random.below(4) }, () => text(random)),
    rules: [
      { port: random.below(65_536), from: [text(random)] },
      { port: random.below(65_536), from: [] },
    ],
    policy: JSON.stringify({ Statement: [{ Effect: "Allow", Action: [text(random)], Resource: "*" }] }),
  };
}

/** Some of the values become others. */
function altered(values: Values, random: Random): Values {
  const copy = structuredClone(values);
  const names = ["name", "size", "enabled", "description", "policy", "list", "rules", "tags"] as const;
  for (const name of names) {
    if (!random.chance(0.35)) continue;
    if (name === "tags") (copy["tags"] as Values)["owner"] = `${text(random)}-new`;
    else if (name === "rules")
      (copy["rules"] as Values[])[0] = { port: random.below(65_536), from: [text(random)] };
    else if (name === "list") copy["list"] = [...(values["list"] as unknown[]), text(random)];
    else if (name === "size") copy["size"] = random.below(1000) + 1000;
    else if (name === "enabled") copy["enabled"] = values["enabled"] !== true;
    else if (name === "policy")
      copy["policy"] = JSON.stringify({
        Statement: [{ Effect: "Deny", Action: [text(random)], Resource: "*" }],
      });
    else copy[name] = `${text(random)}-new`;
  }
  copy["name"] = copy["name"] === values["name"] ? `${text(random)}-other` : copy["name"];
  return copy;
}

const text = (random: Random): string => `${random.pick(words)}-${random.below(10_000)}`;
