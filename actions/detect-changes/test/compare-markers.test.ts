import { describe, expect, it } from "vitest";
import { ActionError } from "../../shared/src/action-error.ts";
import { configurationDigest } from "../../shared/src/configuration-digest.ts";
import type { DeploymentMarker } from "../../shared/src/contracts/plan-record.ts";
import { parseStackMap } from "../../shared/src/contracts/stack-map.ts";
import { TemporaryRepository } from "../../shared/test/temporary-repository.ts";
import { markerSessionPolicy } from "../src/marker-policy.ts";
import type { Deps } from "../src/run.ts";
import { detect, ids, mapText, synthesize } from "./scene.ts";

const map = mapText(`
global/identity: { environment: global, paths: [infra/**] }
stage/storage: { environment: stage, paths: [infra/**], after: [global/identity] }
stage/lambda: { environment: stage, paths: [infra/**], after: [stage/storage] }
`);
const push = { name: "push", before: undefined } as const;

function repositoryOfMap(): TemporaryRepository {
  const repository = TemporaryRepository.create({ ".github/stacks.yml": map });
  synthesize(repository, { "global/identity": "1", "stage/storage": "1", "stage/lambda": "1" });
  return repository;
}

async function markerOf(
  repository: TemporaryRepository,
  id: string,
  more: Partial<DeploymentMarker> = {},
): Promise<string> {
  const stack = parseStackMap(map, "map").stacks.get(id);
  if (stack === undefined) throw new Error(id);
  return JSON.stringify({
    version: 1,
    stack: id,
    digest: await configurationDigest(repository.folder, stack),
    commit: "1".repeat(40),
    operation: "apply",
    serial: 3,
    run: { id: "1", attempt: 1 },
    appliedAt: "2026-11-22T10:00:00Z",
    ...more,
  } satisfies DeploymentMarker);
}

function markers(
  texts: Readonly<Record<string, string | Error>>,
  opened: (string | undefined)[] = [],
): Partial<Deps> {
  return {
    openMarkers: () => async (role) => {
      opened.push(role);
      return async (stack) => {
        const text = texts[stack];
        if (text instanceof Error) throw text;
        return text;
      };
    },
  };
}

describe("comparing with what is deployed", () => {
  it("takes what differs and what was never deployed, and reads with each environment's plan role once", async () => {
    using repository = repositoryOfMap();
    const texts = {
      "global/identity": await markerOf(repository, "global/identity"),
      "stage/storage": await markerOf(repository, "stage/storage", { digest: `sha256:${"0".repeat(64)}` }),
    };
    const opened: (string | undefined)[] = [];
    const { detection, outputs } = await detect(repository, push, { deps: markers(texts, opened) });
    expect(detection.affected.map(({ id, reason }) => [id, reason])).toEqual([
      ["stage/storage", "differs from what 1111111 deployed"],
      ["stage/lambda", "never deployed"],
    ]);
    expect(opened).toEqual([
      "arn:aws:iam::123456789012:role/demo-plan-global",
      "arn:aws:iam::123456789012:role/demo-plan-stage",
    ]);
    expect(JSON.parse(outputs["wave-2"] ?? "")).toEqual([
      {
        name: "stage-storage",
        environment: "stage",
        stacks: "stage/storage",
        group: "demo-state/stage/storage/terraform.tfstate",
      },
    ]);
    expect([outputs["wave-1"], outputs["wave-4"]]).toEqual(["[]", "[]"]);
  });

  it("takes what cannot be told, and says why", async () => {
    using repository = repositoryOfMap();
    const { detection, warnings } = await detect(repository, push, {
      deps: markers({
        "global/identity": new ActionError(
          "Could not read s3://demo-state/deployments/global/identity.json: AccessDenied",
        ),
        "stage/storage": "{ not json",
        "stage/lambda": await markerOf(repository, "stage/storage"),
      }),
    });
    expect(ids(detection.affected)).toEqual(["global/identity", "stage/storage", "stage/lambda"]);
    expect(warnings.join()).toContain("AccessDenied");
    expect(detection.affected[2]?.reason).toBe("its deployment marker is damaged");
  });

  it("takes every stack of an environment whose role cannot be assumed, and the others as they are", async () => {
    using repository = repositoryOfMap();
    const texts = {
      "stage/storage": await markerOf(repository, "stage/storage"),
      "stage/lambda": await markerOf(repository, "stage/lambda"),
    };
    const { detection } = await detect(repository, push, {
      deps: {
        openMarkers: () => async (role) => {
          if (role?.endsWith("global") === true) throw new ActionError("AWS refused the role");
          return async (stack) => texts[stack as keyof typeof texts];
        },
      },
    });
    expect(detection.affected.map(({ id, reason }) => [id, reason])).toEqual([
      ["global/identity", "its deployment marker cannot be read: AWS refused the role"],
    ]);
  });

  it("takes a stack whose apply began and did not end, though main is back at what is deployed", async () => {
    using repository = repositoryOfMap();
    const begun = { commit: "2".repeat(40), run: { id: "2", attempt: 1 } };
    const { detection } = await detect(repository, push, {
      deps: markers({
        "global/identity": await markerOf(repository, "global/identity"),
        "stage/storage": await markerOf(repository, "stage/storage", { begun }),
        "stage/lambda": await markerOf(repository, "stage/lambda", { begun, operation: "destroy" }),
      }),
    });
    expect(detection.affected.map(({ id, reason }) => [id, reason])).toEqual([
      ["stage/storage", "the apply of 2222222 began and did not end"],
      ["stage/lambda", "the apply of 2222222 began and did not end"],
    ]);
  });

  it("does not bring back what a person destroyed, until its configuration changes", async () => {
    using repository = repositoryOfMap();
    const texts = {
      "global/identity": await markerOf(repository, "global/identity"),
      "stage/storage": await markerOf(repository, "stage/storage"),
      "stage/lambda": await markerOf(repository, "stage/lambda", { operation: "destroy" }),
    };
    const { detection } = await detect(repository, push, { deps: markers(texts) });
    expect(detection.affected).toEqual([]);
    expect(detection.unchanged).toMatchObject([
      { id: "stage/lambda", reason: expect.stringContaining("destroyed by hand on 2026-11-22") },
    ]);
    synthesize(repository, { "stage/lambda": "2" });
    expect(ids((await detect(repository, push, { deps: markers(texts) })).detection.affected)).toEqual([
      "stage/lambda",
    ]);
  });

  it("narrows the role to reading markers", () => {
    expect(JSON.parse(markerSessionPolicy({ bucket: "demo-state", region: "cn-north-1" }))).toMatchObject({
      Statement: [
        { Action: "s3:GetObject", Resource: "arn:aws-cn:s3:::demo-state/deployments/*" },
        { Action: "s3:ListBucket", Resource: "arn:aws-cn:s3:::demo-state" },
      ],
    });
  });
});

describe("by hand", () => {
  const dispatch = { name: "workflow_dispatch" } as const;

  it("takes exactly the stacks that are named, or all", async () => {
    using repository = repositoryOfMap();
    const named = await detect(repository, dispatch, {
      inputs: { stacks: "stage/lambda\nglobal/identity stage/lambda" },
    });
    expect(ids(named.detection.affected)).toEqual(["global/identity", "stage/lambda"]);
    expect(
      ids((await detect(repository, dispatch, { inputs: { stacks: "*" } })).detection.affected),
    ).toHaveLength(3);
  });

  it("refuses a stack that it does not know, with the nearest", async () => {
    using repository = repositoryOfMap();
    await expect(detect(repository, dispatch, { inputs: { stacks: "stage/lamda" } })).rejects.toThrow(
      'input "stacks": the stack map has no stack "stage/lamda", did you mean "stage/lambda"?',
    );
    await expect(detect(repository, dispatch)).rejects.toThrow(
      'input "stacks": is required when the workflow is started by hand',
    );
  });
});
