import { describe, expect, test } from "vitest";
import { compareWithAll } from "../src/compare-plan.ts";
import { parsePlan } from "../src/plan-json.ts";
import { makePlanRecord } from "../src/plan-record.ts";
import { type ChangeText, planText } from "./plan-text.ts";

/** What the configuration gives: `given` arguments of each resource, and its provisioners. */
interface Given {
  readonly arguments?: readonly string[];
  readonly provisioners?: readonly unknown[];
  readonly region?: string;
}

function plan(
  changes: readonly ChangeText[],
  { arguments: names = ["a"], provisioners = [], region = "eu" }: Given = {},
) {
  const addresses = changes.map(({ address = "aws_x.a" }) => address.replaceAll(/\[.*\]/g, ""));
  const expressions = Object.fromEntries(names.map((name) => [name, {}]));
  return parsePlan(
    planText(changes, {
      configuration: {
        provider_config: { aws: { expressions: { region: { constant_value: region } } } },
        root_module: { resources: addresses.map((address) => ({ address, expressions, provisioners })) },
      },
    }),
  );
}

const recordOf = (changes: readonly ChangeText[], given?: Given) =>
  makePlanRecord(plan(changes, given), {
    stack: "app",
    operation: "apply",
    backend: { bucket: "state", key: "app/terraform.tfstate", workspace: "default" },
    digest: `sha256:${"0".repeat(64)}`,
    tree: "t",
    commit: "c",
    head: "c",
    terraform: "1.11.4",
    run: { id: "1", attempt: 1, workflow: "w" },
    createdAt: "2026-01-01T00:00:00.000Z",
    key: "ab".repeat(32),
  });

const update = (address: string, before: unknown, after: unknown): ChangeText => ({
  address,
  before: { a: before },
  after: { a: after },
});
const create = (address: string, unknown: object = { id: true }): ChangeText => ({
  address,
  actions: ["create"],
  after: { a: 1 },
  after_unknown: unknown,
});
const a = update("aws_x.a", 1, 2);
const b = update("aws_x.b", 1, 2);

describe("what was reviewed in parts counts as reviewed", () => {
  const cases: [string, ChangeText[][], ChangeText[]][] = [
    ["a change of each", [[a], [b]], [a, b]],
    ["a change of one alone, the other done", [[a], [b]], [b]],
    ["the same change in both", [[a, b], [b]], [a, b]],
    ["a creation whose id the provider makes", [[create("aws_x.a")], [b]], [create("aws_x.a"), b]],
    ["an instance of a resource", [[create('aws_x.a["k.[0]"]')]], [create('aws_x.a["k.[0]"]')]],
  ];
  test.each(cases)("%s", (_, reviewed, found) => {
    const comparison = compareWithAll(
      plan(found),
      reviewed.map((changes) => recordOf(changes)),
    );
    expect(comparison).toMatchObject({ equal: true, differences: [] });
  });

  test("and what is no longer to be done is told", () => {
    expect(compareWithAll(plan([a]), [recordOf([a]), recordOf([b])]).alreadyDone).toEqual([
      "aws_x.b: update",
    ]);
  });
});

describe("what no part vouches for is a difference", () => {
  const cases: [string, ChangeText[][], ChangeText[], RegExp, Given?][] = [
    ["a change of neither", [[a]], [a, b], /aws_x\.b: update – was not in the reviewed plan/],
    [
      "a change of which one record says something else",
      [[a], [update("aws_x.a", 1, 3)]],
      [a],
      /\/a would become another value/,
    ],
    [
      "two changes that met in one resource",
      [[update("aws_x.a", 1, 2)], [update("aws_x.a", 1, 3)]],
      [update("aws_x.a", 1, 3)],
      /another value/,
    ],
    [
      "a given value that is only known after apply",
      [[create("aws_x.a", { a: true })]],
      [create("aws_x.a", { a: true })],
      /\/a is only known after apply/,
    ],
    ["a provisioner", [[a]], [a], /runs a provisioner/, { provisioners: [{ type: "local-exec" }] }],
    ["another region", [[a]], [a], /configuration of the providers/, { region: "us" }],
  ];
  test.each(cases)("%s", (...[, reviewed, found, message, given = {}]) => {
    const { provisioners } = given;
    const same = provisioners === undefined ? {} : { provisioners };
    const records = reviewed.map((changes) => recordOf(changes, same));
    const comparison = compareWithAll(plan(found, given), records);
    expect(comparison.equal).toBe(false);
    expect(comparison.differences.join("\n")).toMatch(message);
  });

  test("a resource that the configuration does not show is taken for one that gives everything", () => {
    const text = planText([create("aws_x.a")]);
    expect(compareWithAll(parsePlan(text), [recordOf([create("aws_x.a")])]).differences).toContain(
      "aws_x.a: create – /id is only known after apply",
    );
  });

  test("a record of an older version of the actions says nothing of the providers", () => {
    const { providers: _, ...old } = recordOf([a]);
    expect(compareWithAll(plan([a]), [old]).equal).toBe(false);
  });
});

test("the configuration of a module's resource is found", () => {
  const address = 'module.m["x.y"].aws_x.a[0]';
  const text = (provisioners: readonly unknown[]) =>
    planText([update(address, 1, 2)], {
      configuration: {
        root_module: {
          module_calls: {
            m: { module: { resources: [{ address: "aws_x.a", expressions: { a: {} }, provisioners }] } },
          },
        },
      },
    });
  expect(parsePlan(text([])).changes[0]).toMatchObject({ configured: new Set(["a"]), provisioned: false });
  expect(parsePlan(text([{}])).changes[0]).toMatchObject({ provisioned: true });
});
