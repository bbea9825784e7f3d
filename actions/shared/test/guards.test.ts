import { expect, test } from "vitest";
import { parseStackMap } from "../src/contracts/stack-map.ts";
import { trippedGuards } from "../src/guards.ts";
import { parsePlan } from "../src/plan-json.ts";
import { type ChangeText, planText } from "./plan-text.ts";

const stackMap = (environment: string, stack: string) =>
  parseStackMap(
    `
version: 1
project: demo
repository: acme/demo
state: { bucket: state, region: eu-west-1 }
environments:
  stage: { account: "123456789012", region: eu-west-1${environment} }
stacks:
  app: { environment: stage, folder: app, paths: ["app/**"]${stack} }
`,
    "stacks.yml",
  ).stacks.get("app")?.guard ?? expect.fail("no stack");

function trips(
  changes: readonly (ChangeText & { type?: string })[],
  guard = stackMap("", ""),
  configured = ["policy"],
) {
  const text = JSON.parse(planText(changes)) as { resource_changes: { type: string; address: string }[] };
  for (const [index, change] of text.resource_changes.entries())
    change.type = changes[index]?.type ?? "aws_x";
  const expressions = Object.fromEntries(configured.map((name) => [name, {}]));
  const resources = text.resource_changes.map(({ address }) => ({ address, expressions }));
  const plan = parsePlan(JSON.stringify({ ...text, configuration: { root_module: { resources } } }));
  return trippedGuards(plan, guard);
}

const going = { actions: ["delete"], before: { id: "i" } };
const bucket = { ...going, address: "aws_s3_bucket.raw", type: "aws_s3_bucket" };

test("a protected type trips when it goes or is replaced, and not when it changes or is forgotten", () => {
  expect(trips([bucket])).toEqual([
    {
      rule: "protected-type",
      message: "aws_s3_bucket.raw would be deleted, and aws_s3_bucket is a protected type",
      addresses: ["aws_s3_bucket.raw"],
    },
  ]);
  const replaced = { ...bucket, actions: ["create", "delete"], after: {} };
  expect(trips([replaced])).toMatchObject([{ message: expect.stringContaining("would be replaced") }]);
  for (const actions of [["update"], ["forget"], ["create"]])
    expect(trips([{ ...bucket, actions, after: {} }])).toEqual([]);
});

test("so many deletions and replacements trip together, wherever the limit is", () => {
  const many = (count: number) =>
    Array.from({ length: count }, (_, index) => ({ ...going, address: `aws_x.r${index}` }));
  expect(trips(many(10))).toEqual([]);
  expect(trips(many(11))).toMatchObject([{ rule: "max-deletes", addresses: { length: 11 } }]);
  expect(trips(many(1), stackMap("", ", guard: { max-deletes: 0 }"))).toHaveLength(1);
});

test("the stack's guard goes before the environment's, key by key", () => {
  const guard = stackMap(", guard: { protected: [aws_x], max-deletes: 3 }", ", guard: { max-deletes: 7 }");
  expect(guard).toEqual({ protected: ["aws_x"], maxDeletes: 7 });
  expect(() => stackMap(", guard: { protects: [] }", "")).toThrow('unknown key "protects"');
});

test("a document that is given and only known after apply trips; one that the provider makes does not", () => {
  const hidden = { actions: ["create"], after: { name: "n" }, after_unknown: { policy: true, id: true } };
  expect(trips([hidden])).toMatchObject([{ rule: "unknown-policy", addresses: ["aws_x.a"] }]);
  expect(trips([hidden], undefined, ["name"])).toEqual([]);
  const inline = {
    actions: ["create"],
    after: { inline_policy: [{}] },
    after_unknown: { inline_policy: [{ policy: true }] },
  };
  expect(trips([inline], undefined, ["inline_policy"])).toHaveLength(1);
  expect(trips([{ actions: ["create"], after: { policy: "{}" } }])).toEqual([]);
});

test("a secret in an address is not repeated", () => {
  const secret = {
    ...bucket,
    address: 'aws_s3_bucket.raw["s3cret-key"]',
    before: { id: "i", token: "s3cret-key" },
    before_sensitive: { token: true },
  };
  expect(JSON.stringify(trips([secret])[0]?.message)).not.toContain("s3cret-key");
});
