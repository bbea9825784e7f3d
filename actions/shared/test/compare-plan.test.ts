import { describe, expect, test } from "vitest";
import { comparePlan } from "../src/compare-plan.ts";
import { type PlanRecord, planRecordSchema } from "../src/contracts/plan-record.ts";
import { isEmpty, parsePlan } from "../src/plan-json.ts";
import { makePlanRecord } from "../src/plan-record.ts";
import { type ChangeText, planText } from "./plan-text.ts";

function recordOf(text: string): PlanRecord {
  const record = makePlanRecord(parsePlan(text), {
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
  return planRecordSchema.parse(JSON.parse(JSON.stringify(record)));
}

const compare = (reviewed: readonly ChangeText[], found: readonly ChangeText[]) =>
  comparePlan(parsePlan(planText(found)), recordOf(planText(reviewed)));

const update = (before: unknown, after: unknown, rest: ChangeText = {}): ChangeText => ({
  before,
  after,
  ...rest,
});
const create = (after: unknown, rest: ChangeText = {}): ChangeText => ({
  actions: ["create"],
  after,
  ...rest,
});

describe("counts as the same", () => {
  const policy = { Statement: [{ Effect: "Allow", Action: ["s3:Get*", "s3:List*"] }], Version: "2012-10-17" };
  const reordered = `{ "Version":"2012-10-17",\n "Statement":[{"Action":["s3:Get*","s3:List*"],"Effect":"Allow"}] }`;
  const cases: [string, ChangeText[], ChangeText[]][] = [
    ["the same plan", [update({ a: 1 }, { a: 2 })], [update({ a: 1 }, { a: 2 })]],
    ["keys in another order", [create({ a: 1, b: { c: 2, d: 3 } })], [create({ b: { d: 3, c: 2 }, a: 1 })]],
    [
      "a policy written otherwise",
      [create({ policy: JSON.stringify(policy) })],
      [create({ policy: reordered })],
    ],
    [
      "changes in another order",
      [create({ a: 1 }), create({ b: 1 }, { address: "aws_x.b" })],
      [create({ b: 1 }, { address: "aws_x.b" }), create({ a: 1 })],
    ],
    [
      "an unchanged attribute that differs",
      [update({ a: 1, etag: "x" }, { a: 2, etag: "x" })],
      [update({ a: 1, etag: "y" }, { a: 2, etag: "y" })],
    ],
    ["an attribute that is not set", [create({ a: 1, b: null })], [create({ a: 1 })]],
    [
      "a part of what was reviewed",
      [create({ a: 1 }), create({ b: 1 }, { address: "aws_x.b" })],
      [create({ a: 1 })],
    ],
    ["nothing left to do", [create({ a: 1 })], []],
    [
      "other reads",
      [create({ a: 1 })],
      [create({ a: 1 }), { address: "data.aws_x.d", mode: "data", actions: ["read"], after: { q: 1 } }],
    ],
    [
      "other no-ops",
      [create({ a: 1 })],
      [create({ a: 1 }), { address: "aws_x.n", actions: ["no-op"], before: { q: 1 }, after: { q: 1 } }],
    ],
    [
      "the deletion of the same object with other tags",
      [{ actions: ["delete"], before: { id: "i", tags: { a: 1 } } }],
      [{ actions: ["delete"], before: { id: "i", tags: { a: 2 } } }],
    ],
  ];
  test.each(cases)("%s", (_name, reviewed, found) => {
    expect(compare(reviewed, found)).toMatchObject({ equal: true, differences: [] });
  });
});

describe("counts as a difference", () => {
  const known = create({ a: 1 });
  const cases: [string, ChangeText[], ChangeText[], RegExp][] = [
    [
      "a change of another resource",
      [known],
      [known, create({ a: 1 }, { address: "aws_x.b" })],
      /aws_x\.b: create – was not in the reviewed plan/,
    ],
    [
      "another action",
      [update({ a: 1 }, { a: 2 })],
      [{ actions: ["delete", "create"], before: { a: 1 }, after: { a: 2 } }],
      /the reviewed plan had: update/,
    ],
    [
      "another order of replacement",
      [{ actions: ["delete", "create"], before: { a: 1 }, after: { a: 2 } }],
      [{ actions: ["create", "delete"], before: { a: 1 }, after: { a: 2 } }],
      /the reviewed plan had: delete and create/,
    ],
    [
      "another new value",
      [update({ a: 1 }, { a: 2 })],
      [update({ a: 1 }, { a: 3 })],
      /\/a would become another value/,
    ],
    [
      "another old value",
      [update({ a: 1 }, { a: 2 })],
      [update({ a: 0 }, { a: 2 })],
      /\/a is no longer what it was at the review/,
    ],
    [
      "one more path",
      [update({ a: 1, b: 1 }, { a: 2, b: 1 })],
      [update({ a: 1, b: 1 }, { a: 2, b: 2 })],
      /\/b would change too/,
    ],
    [
      "one path less",
      [update({ a: 1, b: 1 }, { a: 2, b: 2 })],
      [update({ a: 1, b: 1 }, { a: 2, b: 1 })],
      /\/b would no longer change/,
    ],
    [
      "unknown then, known now",
      [create({}, { after_unknown: { a: true } })],
      [create({ a: 1 })],
      /\/a would become a value that the review could not see yet/,
    ],
    [
      "known then, unknown now",
      [create({ a: 1 })],
      [create({}, { after_unknown: { a: true } })],
      /\/a would become something only known after apply/,
    ],
    [
      "unknown inside a list",
      [create({ l: [null] }, { after_unknown: { l: [true] } })],
      [create({ l: [1] })],
      /\/l would become another value/,
    ],
    [
      "a list in another order",
      [create({ l: [1, 2] })],
      [create({ l: [2, 1] })],
      /\/l would become another value/,
    ],
    [
      "a sensitive value",
      [create({ s: "x" }, { after_sensitive: { s: true } })],
      [create({ s: "y" }, { after_sensitive: { s: true } })],
      /\/s would become another value/,
    ],
    [
      "a digit beyond what a double holds",
      [create({ n: "N1" })],
      [create({ n: "N2" })],
      /\/n would become another value/,
    ],
    [
      "what forces the replacement",
      [{ actions: ["delete", "create"], before: { a: 1 }, after: { a: 2 }, replace_paths: [["a"]] }],
      [
        {
          actions: ["delete", "create"],
          before: { a: 1 },
          after: { a: 2 },
          replace_paths: [["a"], ["b", 0]],
        },
      ],
      /forced by \/a, \/b\/0/,
    ],
    [
      "the deletion of another object",
      [{ actions: ["delete"], before: { id: "i" } }],
      [{ actions: ["delete"], before: { id: "j" } }],
      /\/id is no longer what it was/,
    ],
    [
      "a deposed object in place of the current one",
      [{ actions: ["delete"], before: { id: "i" } }],
      [{ actions: ["delete"], before: { id: "i" }, deposed: "00" }],
      /was not in the reviewed plan/,
    ],
    [
      "forgetting in place of deleting",
      [{ actions: ["delete"], before: { id: "i" } }],
      [{ actions: ["forget"], before: { id: "i" } }],
      /the reviewed plan had: delete/,
    ],
    [
      "another import",
      [{ actions: ["no-op"], importing: { id: "i" } }],
      [{ actions: ["no-op"], importing: { id: "j" } }],
      /another object would be imported/,
    ],
    [
      "an import that was none",
      [{ actions: ["update"], before: { a: 1 }, after: { a: 2 } }],
      [{ actions: ["update"], before: { a: 1 }, after: { a: 2 }, importing: { id: "i" } }],
      /the reviewed plan had: update/,
    ],
    [
      "a move from elsewhere",
      [{ actions: ["no-op"], previous_address: "aws_x.p" }],
      [{ actions: ["no-op"], previous_address: "aws_x.q" }],
      /the reviewed plan had: move from aws_x\.p/,
    ],
    [
      "an empty list in place of none, inside a value",
      [create({ o: { l: null } })],
      [create({ o: { l: [] } })],
      /\/o would become another value/,
    ],
    ["text in place of a number", [create({ a: 1 })], [create({ a: "1" })], /another value/],
    [
      "JSON in a text in place of the structure",
      [create({ a: { b: 1 } })],
      [create({ a: '{"b":1}' })],
      /another value/,
    ],
  ];
  test.each(cases)("%s", (_name, reviewed, found, message) => {
    const exact = (text: string) =>
      text.replace('"N1"', "12345678901234567890").replace('"N2"', "12345678901234567891");
    const comparison = comparePlan(parsePlan(exact(planText(found))), recordOf(exact(planText(reviewed))));
    expect(comparison.equal).toBe(false);
    expect(comparison.differences.join("\n")).toMatch(message);
  });
});

test("outputs are held to the review too", () => {
  const output = (after: unknown, actions = ["create"]) => ({
    output_changes: { url: { actions, before: null, after, after_unknown: false } },
  });
  const reviewed = recordOf(planText([], output("a")));
  expect(comparePlan(parsePlan(planText([], output("a"))), reviewed).equal).toBe(true);
  expect(comparePlan(parsePlan(planText([], output("b"))), reviewed).differences).toEqual([
    "output url: create – it would become another value",
  ]);
  expect(comparePlan(parsePlan(planText([], output("a"))), recordOf(planText([]))).differences).toEqual([
    "output url: create – was not in the reviewed plan",
  ]);
});

test("what was reviewed and is no longer found is told", () => {
  const reviewed = [create({ a: 1 }), { address: "aws_x.b", actions: ["delete"], before: { id: "i" } }];
  expect(compare(reviewed, [create({ a: 1 })]).alreadyDone).toEqual(["aws_x.b: delete"]);
});

test("a record holds no value, and two records of one plan share no fingerprint", () => {
  const text = planText([create({ password: "kanarienvogel", port: 5432 })]);
  const record = recordOf(text);
  expect(JSON.stringify(record)).not.toMatch(/kanarienvogel|5432/);
  const other = makePlanRecord(parsePlan(text), { ...record, key: "cd".repeat(32) });
  expect(other.changes[0]?.values["/port"]?.after).not.toBe(record.changes[0]?.values["/port"]?.after);
});

describe("a plan that cannot be held to a review is refused", () => {
  const cases: [string, string, RegExp][] = [
    ["no JSON", "{", /no valid JSON/],
    ["another major version", planText([], { format_version: "2.0" }), /format version 2\.0/],
    ["an incomplete plan", planText([], { errored: true }), /incomplete/],
    ["actions that it invokes", planText([], { action_invocations: [{}] }), /invokes actions/],
    [
      "an unknown kind of change",
      planText([{ actions: ["explode"] }]),
      /resource_changes\.0\.change\.actions/,
    ],
  ];
  test.each(cases)("%s", (_name, text, message) => {
    expect(() => parsePlan(text)).toThrow(message);
  });
});

test("reads and no-ops alone are an empty plan; a newer minor version is read", () => {
  const reads = [
    { mode: "data", actions: ["read"] },
    { actions: ["no-op"], before: { a: 1 }, after: { a: 1 } },
  ];
  expect(isEmpty(parsePlan(planText(reads, { format_version: "1.99", something_new: [1] })))).toBe(true);
});
