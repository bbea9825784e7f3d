import { expect, test } from "vitest";
import { parsePlan } from "../src/plan-json.ts";
import { renderPlan } from "../src/render-plan.ts";
import { type ChangeText, planText } from "./plan-text.ts";

const render = (change: ChangeText) => {
  const [first] = renderPlan(parsePlan(planText([change]))).changes;
  if (first === undefined) throw new Error("nothing was rendered");
  return first;
};

test("a create shows what is set, and in one line what is not known", () => {
  const after = { bucket: "raw", tags: { Owner: "ann" }, empty: null, list: [{ a: true }] };
  const change = render({ actions: ["create"], after, after_unknown: { arn: true, id: true } });
  expect(change).toMatchObject({ action: "create", forcedBy: [] });
  expect(change.diff).toEqual([
    '+ bucket: "raw"',
    '+ tags.Owner: "ann"',
    "+ list[0].a: true",
    "+ known after apply: arn, id",
  ]);
});

test("an update shows changed paths only, and a policy by its structure", () => {
  const policy = (action: string) => JSON.stringify({ Statement: [{ Effect: "Allow", Action: action }] });
  const change = render({
    before: { same: 1, policy: policy("s3:GetObject"), old: "x", zones: ["a", "b"] },
    after: { same: 1, policy: policy("s3:*"), fresh: "y", zones: ["b", "c"] },
  });
  expect(change.diff).toEqual([
    '~ policy.Statement[0].Action: "s3:GetObject" → "s3:*"',
    '- old: "x"',
    "~ zones:",
    '-   "a"',
    '+   "c"',
    '+ fresh: "y"',
  ]);
});

test("a replacement says what forces it", () => {
  const change = render({
    actions: ["delete", "create"],
    before: { name: "a", arn: "arn:a" },
    after: { name: "b" },
    after_unknown: { arn: true },
    replace_paths: [["name"]],
  });
  expect(change).toMatchObject({ action: "replace", forcedBy: ["name"] });
  expect(change.diff).toEqual([
    '~ name: "a" → "b" # forces replacement',
    '~ arn: "arn:a" → (known after apply)',
  ]);
});

test("sensitive values are masked wherever they are, nested and repeated", () => {
  const change = render({
    before: { password: "old-secret", nested: { key: ["x", "old-key"] }, copy: "url?p=old-secret" },
    after: { password: "new-secret", nested: { key: ["x", "new-key"] }, copy: "url?p=new-secret" },
    before_sensitive: { password: true, nested: { key: [false, true] } },
    after_sensitive: { password: true, nested: true },
  });
  expect(change.diff).toEqual([
    "~ password: (sensitive value) → (sensitive value)",
    "~ nested: (sensitive value) → (sensitive value)",
    '~ copy: "url?p=(sensitive value)" → "url?p=(sensitive value)"',
  ]);
});

test("a secret on the edge of what is cut off is masked before the cut", () => {
  const secret = "s3cr3t-".repeat(10);
  const change = render({
    actions: ["create"],
    after: { text: `${"x".repeat(180)}${secret}`, secret },
    after_sensitive: { secret: true },
  });
  expect(change.diff.join()).not.toContain("s3cr3t");
});

test("long values and long lists are cut, on a whole character", () => {
  const change = render({ actions: ["create"], after: { text: "😀".repeat(5_000) } });
  expect(change.diff[0]).toMatch(/^\+ text: "(😀){199}… \(5002 characters\)$/u);
  const many = Object.fromEntries(Array.from({ length: 500 }, (_, index) => [`k${index}`, index]));
  expect(render({ actions: ["create"], after: many }).diff.at(-1)).toBe("  … and 380 more lines");
});

test("moves, imports, forgotten and deposed objects each have their word, and are counted", () => {
  const { changes, counts } = renderPlan(
    parsePlan(
      planText([
        { address: "aws_x.moved", actions: ["no-op"], previous_address: "aws_x.old" },
        {
          address: "aws_x.taken",
          actions: ["update"],
          before: { a: 1 },
          after: { a: 2 },
          importing: { id: "i-1" },
        },
        { address: "aws_x.left", actions: ["forget"], before: { id: "i-2" } },
        { address: "aws_x.over", actions: ["delete"], before: { id: "i-3" }, deposed: "abcd" },
      ]),
    ),
  );
  expect(changes.map(({ address, action, diff }) => [address, action, ...diff])).toEqual([
    ["aws_x.moved", "move", "  moved from aws_x.old"],
    ["aws_x.taken", "update", '  imported from "i-1"', "~ a: 1 → 2"],
    ["aws_x.left", "forget", "  leaves the state; the object itself stays", '- id: "i-2"'],
    ["aws_x.over (deposed abcd)", "delete", "  left over from an earlier replacement (abcd)", '- id: "i-3"'],
  ]);
  expect(counts).toEqual({ create: 0, update: 1, replace: 0, delete: 1, import: 1, move: 1, forget: 1 });
});
