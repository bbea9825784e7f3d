import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { z } from "zod";
import { comparePlan } from "../src/compare-plan.ts";
import { type Plan, parsePlan } from "../src/plan-json.ts";
import { makePlanRecord } from "../src/plan-record.ts";

/** The comparison over plans that Terraform made, see rehearsal/test/real-plans/make.ts. */

const folder = join(import.meta.dirname, "..", "..", "..", "rehearsal", "test", "real-plans");

function plansOf(kind: string): ReadonlyMap<string, Plan> {
  const lines = readFileSync(join(folder, `${kind}.jsonl`), "utf8")
    .trim()
    .split("\n");
  return new Map(
    lines.map((line) => {
      const { name, plan } = z.object({ name: z.string(), plan: z.unknown() }).parse(JSON.parse(line));
      return [name, parsePlan(JSON.stringify(plan))];
    }),
  );
}

const recordOf = (plan: Plan) =>
  makePlanRecord(plan, {
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

type Planned =
  | "all"
  | "nothing"
  | "drift"
  | "change"
  | "other"
  | "replace"
  | "remove"
  | "change and other"
  | "change and drift";

/** Reviewed, found, and what is told of what nobody reviewed; undefined: it may be applied. */
const cases: readonly (readonly [Planned, Planned, RegExp | undefined])[] = [
  ["all", "all", undefined],
  ["all", "nothing", undefined],
  ["change", "change", undefined],
  ["other", "other", undefined],
  ["replace", "replace", undefined],
  ["remove", "remove", undefined],
  ["change", "nothing", undefined],
  ["change and other", "change", undefined],
  ["change and other", "other", undefined],
  ["change", "change and other", /was not in the reviewed plan/],
  ["change", "other", /was not in the reviewed plan/],
  ["other", "replace", /replace|delete and create|create and delete|was not in the reviewed plan/],
  ["change", "remove", /: delete – was not in the reviewed plan/],
  ["change", "change and drift", /: update – was not in the reviewed plan/],
  ["nothing", "drift", /: update – was not in the reviewed plan/],
  ["all", "change", /the reviewed plan had: create/],
];

describe.each(["synthesized", "plain"])("of a %s stack", (kind) => {
  const plans = plansOf(kind);

  test.each(cases)("reviewed: %s; found: %s", (reviewed, found, expected) => {
    const [before, now] = [plans.get(`${reviewed}, reviewed`), plans.get(`${found}, found`)];
    if (before === undefined || now === undefined) throw new Error("it was not planned");
    const { equal, differences } = comparePlan(now, recordOf(before));
    if (expected === undefined) expect(differences).toEqual([]);
    else expect(differences.join("\n")).toMatch(expected);
    expect(equal).toBe(expected === undefined);
  });
});
