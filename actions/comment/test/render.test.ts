import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { changeAction, stackStatus } from "../../shared/src/contracts/stack-result.ts";
import { commentBudget, render, summaryBudget } from "../src/render.ts";
import { bucket, change, detectionOf, lambda, report, resultOf } from "./fixtures.ts";

const comment = (...args: Parameters<typeof report>) => render(report(...args), commentBudget);

describe("the comment of a plan", () => {
  it("shows what would change, the most dangerous first", async () => {
    const text = comment(
      [
        resultOf("stage/storage/s3", {
          changes: [bucket, change("create", "aws_s3_bucket_versioning.raw_layer")],
          outputs: [{ name: "bucket", action: "create" }],
        }),
        resultOf("stage/workflow/lambda", { changes: lambda }),
        resultOf("stage/workflow/glue"),
      ],
      {
        detection: detectionOf(["stage/storage/s3", "stage/workflow/lambda", "stage/workflow/glue"], {
          unchanged: [{ id: "global/backend", environment: "global", wave: 1, reason: "same" }],
          warnings: ["Path filters in .github/stacks.yml that match no file: glue/** (stage/workflow/glue)."],
        }),
      },
    );
    await expect(text).toMatchFileSnapshot("snapshots/plan.md");
  });

  it("shows what waits for a person's word, until it is applied", () => {
    const guards = Array.from({ length: 12 }, (_, index) => ({
      rule: "protected-type" as const,
      message: `aws_s3_bucket.r${index} would be deleted, and aws_s3_bucket is a protected type`,
    }));
    const gone = { changes: [change("delete", "aws_s3_bucket.raw")], guards };
    const text = comment([resultOf("stage/storage/s3", gone)]);
    expect(text).toContain("Needs a person's word");
    expect(text).toContain("`allow-destroy`");
    expect(text).toMatch(/r9 would be deleted[\s\S]*and 2 more/);
    const refused = {
      ...gone,
      status: "refused" as const,
      error: { message: "no label", hint: "Set the label." },
    };
    expect(comment([resultOf("stage/storage/s3", refused)])).toContain("Set the label.");
    expect(comment([resultOf("stage/storage/s3", { ...gone, status: "applied" })])).not.toContain(
      "person's word",
    );
  });

  it("shows what went wrong first, and what to do", async () => {
    const text = comment(
      [
        resultOf("stage/ok", { changes: [bucket] }),
        resultOf("prod/failed", {
          status: "failed",
          error: {
            message: "terraform plan failed (1)\nError: Invalid reference\n  on main.tf line 3",
            hint: "Correct the configuration.",
          },
        }),
        resultOf("stage/locked", {
          status: "locked",
          error: { message: "held by ann@host since 2026-11-22T10:00:00Z" },
        }),
      ],
      { detection: detectionOf(["stage/ok", "prod/failed", "stage/locked", "stage/lost"]) },
    );
    await expect(text).toMatchFileSnapshot("snapshots/problems.md");
  });

  it("says that nothing is affected, and that nothing changes", () => {
    expect(comment([])).toContain("## No stack is affected");
    expect(comment([resultOf("stage/a"), resultOf("stage/b")])).toContain("## No changes in 2 stacks");
  });

  it("says why a fork's pull request is not planned", () => {
    const text = comment([], {
      detection: detectionOf([], { untrusted: "This pull request comes from the fork eve/x." }),
    });
    expect(text).toContain("## Nothing was planned");
    expect(text).toContain("eve/x");
  });
});

describe("the comment of an apply", () => {
  it("sets what was found against what was reviewed", async () => {
    const text = comment(
      [
        resultOf("stage/storage/s3", { operation: "apply", status: "applied", changes: [bucket] }),
        resultOf("stage/workflow/lambda", {
          operation: "apply",
          status: "refused",
          differences: [
            "aws_lambda_function.batch: update – /memory_size differs from what was reviewed",
            "aws_sqs_queue.failures: delete – was not in the reviewed plan",
          ],
        }),
        resultOf("stage/workflow/glue", { operation: "apply", status: "unreviewed" }),
      ],
      { stage: "apply" },
    );
    await expect(text).toMatchFileSnapshot("snapshots/apply.md");
  });
});

describe("text from elsewhere", () => {
  it("pings nobody, opens nothing, closes no fence, and hides nothing", async () => {
    const text = comment(
      [
        resultOf("stage/a", {
          changes: [
            change("create", 'aws_x.y["a|b"]', [
              "+ x = <<EOT",
              "+ ```",
              "+ ````",
              "+ </details><img src=x> @acme/team #12",
              "+ <!-- /plan -->",
              "+ EOT \u202e",
            ]),
            change("delete", "aws_x.`tick`"),
          ],
        }),
        resultOf("stage/b", {
          status: "failed",
          error: {
            message: "``` broke @octocat",
            hint: "Ask @octocat <script> at https://evil.example/ [x](y) | #1 `z`",
          },
          run: { id: "1", attempt: 1, url: "https://evil.example/) x" },
        }),
      ],
      {
        detection: detectionOf(["stage/a", "stage/b"], {
          warnings: ["<b>@octocat</b> **bold** | www.evil.example \u202e GH-1"],
        }),
      },
    );
    await expect(text).toMatchFileSnapshot("snapshots/hostile.md");
  });
});

const line = fc.oneof(
  fc.string({ unit: "grapheme", maxLength: 60 }),
  fc.constantFrom(
    "+ ```",
    "~ ``````",
    "- </details>",
    "😀".repeat(300),
    "界".repeat(500),
    "@team",
    "+ <!-- /plan -->",
  ),
);
const anyChange = fc.record({
  address: fc.oneof(fc.string({ unit: "grapheme", maxLength: 40 }), fc.constant("a".repeat(3000))),
  action: fc.constantFrom(...changeAction.options),
  diff: fc.oneof(
    fc.array(line, { maxLength: 5 }),
    fc.array(line, { minLength: 1, maxLength: 3 }).map((few) => Array(200).fill(few).flat() as string[]),
  ),
  forcedBy: fc.array(line, { maxLength: 2 }),
});
const anyResult = fc.record({
  status: fc.constantFrom(...stackStatus.options),
  changes: fc.oneof(
    fc.array(anyChange, { maxLength: 3 }),
    fc
      .array(anyChange, { minLength: 1, maxLength: 2 })
      .map((few) => Array(150).fill(few).flat() as typeof few),
  ),
  differences: fc.array(line, { maxLength: 4 }),
  error: fc.option(fc.record({ message: fc.string({ unit: "grapheme", maxLength: 2000 }), hint: line }), {
    nil: undefined,
  }),
});

/** Fences as CommonMark reads them: whether every one is closed, and the folds outside of them balance. */
function isBalanced(text: string): boolean {
  let fence: string | undefined;
  let depth = 0;
  for (const row of text.split("\n")) {
    const run = /^`{3,}/.exec(row)?.[0];
    if (fence !== undefined) {
      if (run !== undefined && run.length >= fence.length && row === run) fence = undefined;
      continue;
    }
    if (run !== undefined) fence = run;
    depth += (row.match(/<details/g)?.length ?? 0) - (row.match(/<\/details>/g)?.length ?? 0);
    if (depth < 0) return false;
  }
  return fence === undefined && depth === 0;
}

describe("the budget", () => {
  it("holds for whatever there is to show, with every fence and fold closed", () => {
    fc.assert(
      fc.property(
        fc.array(anyResult, { maxLength: 12 }),
        fc.array(line, { maxLength: 10 }),
        fc.constantFrom("plan", "apply", "operate"),
        (given, warnings, stage) => {
          const results = given.map((result, index) => {
            const { error, ...rest } = result;
            return resultOf(`stage/s${index}`, {
              ...rest,
              ...(error === undefined ? {} : { error }),
            });
          });
          const all = report(results, {
            stage,
            detection: detectionOf(
              results.map(({ stack }) => stack),
              { warnings },
            ),
          });
          const text = render(all, commentBudget);
          expect(text.length).toBeLessThanOrEqual(65_536);
          expect(isBalanced(text)).toBe(true);
          expect(text.isWellFormed()).toBe(true);
          const whole = render(all, summaryBudget);
          expect(Buffer.byteLength(whole)).toBeLessThanOrEqual(1_048_576);
          expect(isBalanced(whole)).toBe(true);
        },
      ),
      { numRuns: 25 },
    );
  });

  it("gives up diffs of additions before anything of a destruction, and says so", () => {
    const diff = Array.from({ length: 40 }, (_, index) => `+ attribute_${index} = "${"x".repeat(60)}"`);
    const created = Array.from({ length: 60 }, (_, index) =>
      change("create", `aws_x.created[${index}]`, diff),
    );
    const text = comment([
      resultOf("stage/a", {
        changes: [...created, change("delete", "aws_db.important", ['- name = "important"'])],
      }),
    ]);
    expect(text).toContain('- aws_db.important\n-    name = "important"');
    for (const { address } of created) expect(text).toContain(`+ ${address}\n`);
    expect(text).toMatch(/Left out, for it does not fit here: \d+ diffs\. The \[run's summary\]/);
    expect(text.length).toBeGreaterThan(60_000);
  });

  it("keeps to one page with ten thousand stacks", () => {
    const results = Array.from({ length: 10_000 }, (_, index) =>
      resultOf(`stage/s${index}`, { changes: [bucket] }),
    );
    const text = comment(results);
    expect(text.length).toBeLessThanOrEqual(65_536);
    expect(text).toContain("## 10,000 stacks would change: 10000 to add");
    expect(text).toMatch(/Left out, for it does not fit here: [\d,]+ rows, 10,000 changes, 10,000 diffs/);
  });
});
