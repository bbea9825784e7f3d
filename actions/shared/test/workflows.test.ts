import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { parse } from "yaml";
import { z } from "zod";
import { actionNames } from "../../build.ts";
import { readAction } from "../../readme.ts";

const folder = join(import.meta.dirname, "..", "..", "..", ".github", "workflows");

const stepSchema = z.looseObject({
  uses: z.string().optional(),
  run: z.string().optional(),
  with: z.record(z.string(), z.unknown()).default({}),
});
const jobSchema = z.looseObject({
  needs: z.union([z.string(), z.array(z.string())]).default([]),
  permissions: z.record(z.string(), z.string()),
  "timeout-minutes": z.number(),
  concurrency: z
    .looseObject({ group: z.string(), queue: z.string().optional(), "cancel-in-progress": z.boolean() })
    .optional(),
  outputs: z.record(z.string(), z.string()).default({}),
  steps: z.array(stepSchema),
});
const workflowSchema = z.looseObject({
  permissions: z.strictObject({}),
  jobs: z.record(z.string(), jobSchema),
});

const workflows = readdirSync(folder).map((file) => {
  const text = readFileSync(join(folder, file), "utf8");
  return { file, text, workflow: workflowSchema.parse(parse(text)) };
});
const steps = workflows.flatMap(({ file, workflow }) =>
  Object.entries(workflow.jobs).flatMap(([job, { steps }]) =>
    steps.map((step) => ({ place: `${file} › ${job}`, step })),
  ),
);
const workflowNamed = (name: string) =>
  workflows.find(({ file }) => file === name)?.workflow ?? expect.fail(name);

describe("every workflow", () => {
  it("pins actions from elsewhere by full SHA, with the version beside it", () => {
    for (const { file, text } of workflows)
      for (const [line] of text.matchAll(/(?<=^ *(?:- )?)uses: .*/gm))
        if (!line.startsWith("uses: ./"))
          expect(line, file).toMatch(/^uses: [\w-]+\/[\w/-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$/);
  });

  it("puts no expression into a shell line", () => {
    for (const { place, step } of steps) expect(step.run ?? "", place).not.toContain("${{");
  });

  it("gives inputs that the action has, and all that it requires", () => {
    for (const { place, step } of steps) {
      if (step.uses?.startsWith("./actions/") !== true) continue;
      const name = step.uses.replace("./actions/", "");
      expect(actionNames(), place).toContain(name);
      const { inputs } = readAction(name);
      expect(Object.keys(inputs), place).toEqual(expect.arrayContaining(Object.keys(step.with)));
      const required = Object.entries(inputs).filter(([, input]) => input.required);
      expect(Object.keys(step.with), place).toEqual(expect.arrayContaining(required.map(([key]) => key)));
    }
  });

  it("passes on only outputs that the action has", () => {
    const { outputs } = readAction("detect-changes");
    for (const { file, workflow } of workflows)
      for (const [key, value] of Object.entries(workflow.jobs["detect-changes"]?.outputs ?? {})) {
        expect(value, file).toBe(`\${{ steps.detect.outputs.${key} }}`);
        expect(Object.keys(outputs), file).toContain(key);
      }
  });

  it("checks out without leaving credentials behind", () => {
    for (const { place, step } of steps)
      if (step.uses?.startsWith("actions/checkout@") === true)
        expect(step.with, place).toMatchObject({ "persist-credentials": false });
  });

  it("hands over the provider lock files with every assembly, or each stack's digest would be another", () => {
    const assemblies = steps.filter(
      ({ step }) =>
        step.uses?.startsWith("actions/upload-artifact@") === true &&
        String(step.with["name"]).endsWith("assembly"),
    );
    expect(new Set(assemblies.map(({ place }) => place.split(" ")[0]))).toEqual(
      new Set(["deploy.yml", "drift.yml", "operate.yml", "pull-request.yml"]),
    );
    for (const { place, step } of assemblies)
      expect(step.with, place).toMatchObject({ "include-hidden-files": true });
  });

  it("installs packages in no job that can get credentials", () => {
    for (const { file, workflow } of workflows)
      for (const [job, { permissions, steps }] of Object.entries(workflow.jobs))
        if (permissions["id-token"] === "write")
          for (const { run } of steps) expect(run ?? "", `${file} › ${job}`).not.toMatch(/\bnpm\b|\bnpx\b/);
  });
});

describe("what writes", () => {
  const writers = ["deploy.yml", "operate.yml"].flatMap((file) =>
    Object.entries(workflowNamed(file).jobs)
      .filter(([, job]) => job.steps.some(({ uses }) => uses === "./actions/apply"))
      .map(([name, job]) => ({ name: `${file} › ${name}`, job })),
  );

  it("is one job for each of the five waves, and one by hand", () => {
    expect(writers.map(({ name }) => name)).toEqual([
      ...[1, 2, 3, 4, 5].map((wave) => `deploy.yml › apply-${wave}`),
      "operate.yml › apply",
    ]);
  });

  it.each(writers)("$name queues behind the one writer of its state and is never cancelled", ({ job }) => {
    expect(job.concurrency).toEqual({
      group: "${{ matrix.shard.group }}",
      "cancel-in-progress": false,
      queue: "max",
    });
  });
});

describe("releasing a lock by hand", () => {
  const { unlock, approve } = workflowNamed("operate.yml").jobs;

  it("waits for a person, and not behind the run whose lock stayed", () => {
    expect(unlock?.needs).toContain("approve");
    expect(approve?.["environment"]).toMatch(/-manual$/);
    expect(unlock?.concurrency?.group).toBe("unlock-${{ matrix.shard.group }}");
  });

  it("is in an environment that the apply role trusts, and may ask for runs and keep an issue", () => {
    expect(unlock?.["environment"]).toBe("${{ matrix.shard.environment }}");
    expect(unlock?.permissions).toEqual({
      contents: "read",
      "id-token": "write",
      actions: "read",
      issues: "write",
    });
  });
});

describe("the drift check", () => {
  const jobs = Object.values(workflowNamed("drift.yml").jobs);
  const used = jobs.flatMap((job) => job.steps);

  it("applies nothing, keeps no record, and takes nothing half-done for drift", () => {
    expect(used.map(({ uses }) => uses)).not.toContain("./actions/apply");
    expect(jobs.map((job) => job["environment"])).toEqual(jobs.map(() => undefined));
    const plan = used.find(({ uses }) => uses === "./actions/plan");
    expect(plan?.with).toMatchObject({ record: false, lock: "fail" });
  });
});

describe("an apply", () => {
  const applies = workflows.flatMap(({ file, workflow }) =>
    Object.entries(workflow.jobs).flatMap(([name, job]) =>
      job.steps
        .filter(({ uses }) => uses === "./actions/apply")
        .map((step) => ({ place: `${file} › ${name}`, job, step })),
    ),
  );

  it.each(applies)("$place knows how long its job may take", ({ job, step }) => {
    expect(step.with["timeout-minutes"]).toBe(job["timeout-minutes"]);
  });

  it.each(applies.filter(({ step }) => step.with["reviewed-in"] !== "run"))(
    "$place may ask who gave the word for a guarded plan",
    ({ job }) => {
      expect(job.permissions["pull-requests"]).toBe("read");
    },
  );
});

describe("the gate of a pull request", () => {
  const { jobs } = workflowNamed("pull-request.yml");

  it("needs every other job", () => {
    expect([jobs["gate"]?.needs ?? []].flat().sort()).toEqual(
      Object.keys(jobs)
        .filter((name) => name !== "gate")
        .sort(),
    );
  });

  it("always reports", () => {
    expect(jobs["gate"]?.["if"]).toBe("${{ always() }}");
  });
});
