import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Stack } from "../../shared/src/contracts/stack-map.ts";
import { TemporaryRepository } from "../../shared/test/temporary-repository.ts";
import { shardsOf } from "../src/shards.ts";
import { detect, mapText } from "./scene.ts";

function stack(id: string, environment: string, backend: Partial<Stack["backend"]> = {}): Stack {
  return {
    id,
    environment: {
      name: environment,
      account: "123456789012",
      region: "eu-west-1",
      planRole: undefined,
      unreviewed: "plan-only",
    },
    folder: id,
    synthesized: false,
    paths: ["**"],
    after: [],
    wave: 1,
    backend: {
      bucket: "State-Bucket",
      key: `${id}/terraform.tfstate`,
      region: "eu-west-1",
      table: undefined,
      workspace: "default",
      ...backend,
    },
    planRole: undefined,
    applyRole: undefined,
    varFiles: [],
    backendConfig: [],
    env: [],
    providerLock: "optional",
    guard: { protected: [], maxDeletes: 10 },
  };
}

describe("shardsOf", () => {
  it("gives each stack its own job, in the group of its state", () => {
    expect(
      shardsOf([stack("stage/a", "stage"), stack("stage/b", "stage", { workspace: "Blue" })], 256, ""),
    ).toEqual([
      {
        name: "stage-a",
        environment: "stage",
        stacks: "stage/a",
        group: "state-bucket/stage/a/terraform.tfstate",
      },
      {
        name: "stage-b",
        environment: "stage",
        stacks: "stage/b",
        group: "state-bucket/env:/blue/stage/b/terraform.tfstate",
      },
    ]);
  });

  it("shares evenly where there are more stacks than jobs, in the group of the environment", () => {
    const stacks = Array.from({ length: 257 }, (_, index) => stack(`stage/s${index}`, "stage"));
    const shards = shardsOf(stacks, 256, "wave-2");
    expect(shards).toHaveLength(129);
    expect(shards[0]).toEqual({
      name: "stage.wave-2.001",
      environment: "stage",
      stacks: "stage/s0",
      group: "state-bucket/stage/s0/terraform.tfstate",
    });
    expect(shards[1]).toMatchObject({
      name: "stage.wave-2.002",
      group: "stage",
      stacks: "stage/s1 stage/s2",
    });
  });

  it("never drops, doubles or mixes", () => {
    const environments = fc.array(fc.integer({ min: 1, max: 300 }), { minLength: 1, maxLength: 5 });
    fc.assert(
      fc.property(environments, fc.integer({ min: 5, max: 256 }), (counts, maxJobs) => {
        const stacks = counts.flatMap((count, index) =>
          Array.from({ length: count }, (_, number) => stack(`e${index}/s${number}`, `e${index}`)),
        );
        const shards = shardsOf(stacks, maxJobs, "");
        expect(shards.length).toBeLessThanOrEqual(maxJobs);
        expect(new Set(shards.map(({ name }) => name)).size).toBe(shards.length);
        expect(shards.flatMap((shard) => shard.stacks.split(" ")).toSorted()).toEqual(
          stacks.map(({ id }) => id).toSorted(),
        );
        for (const shard of shards)
          expect(shard.stacks.split(" ").every((id) => id.startsWith(`${shard.environment}/`))).toBe(true);
      }),
    );
  });

  it("refuses more environments than jobs", () => {
    expect(() => shardsOf([stack("a", "one"), stack("b", "two")], 1, "")).toThrow(
      "do not fit into max-jobs 1",
    );
  });
});

describe("a map of ten thousand stacks", () => {
  it("is covered by 256 jobs, each stack once, also when everything is in doubt", async () => {
    const lines = Array.from(
      { length: 10_000 },
      (_, index) =>
        `stage/s${index}: { environment: stage, folder: live/s${index}, paths: [live/s${index}/**] }`,
    );
    using repository = TemporaryRepository.create({
      ".github/stacks.yml": mapText(lines.join("\n")),
      "live/s77/main.tf": "",
    });
    const { outputs, detection } = await detect(
      repository,
      { name: "push", before: undefined },
      { inputs: { compare: "base" } },
    );
    const matrix = JSON.parse(outputs["matrix"] ?? "") as { stacks: string }[];
    expect(outputs["count"]).toBe("10000");
    expect(detection.affected).toHaveLength(10_000);
    expect(matrix.length).toBeLessThanOrEqual(256);
    expect(new Set(matrix.flatMap(({ stacks }) => stacks.split(" "))).size).toBe(10_000);
  }, 60_000);
});
