import { expect, test } from "vitest";
import { ActionError } from "../../shared/src/action-error.ts";
import type { RemovedStack } from "../../shared/src/contracts/detection.ts";
import { run, stateReadingPolicy } from "../src/run.ts";

const state = { bucket: "states", key: "stage/old/terraform.tfstate", region: "eu-west-1" };
const old: RemovedStack = { id: "stage/old", environment: "stage", region: "eu-west-1", state };
const stateText = (resources: readonly object[]) => JSON.stringify({ version: 4, serial: 3, resources });
const bucket = { mode: "managed", type: "aws_s3_bucket", name: "raw", instances: [{}] };

async function check(removed: readonly RemovedStack[], text: string | undefined | Error) {
  let summary = "";
  const outcome = await run(
    { detection: "detection.json", assume: true, "duration-seconds": 900 },
    {
      readDetection: async () => ({
        version: 1,
        event: "pull_request",
        commit: "c",
        head: "h",
        affected: [],
        unchanged: [],
        removed: [...removed],
        warnings: [],
      }),
      readState: async () => {
        if (text instanceof Error) throw text;
        return text;
      },
      log: () => {},
      summary: async (markdown) => {
        summary = markdown;
      },
    },
  ).catch((error: unknown) => error);
  return { outcome, summary };
}

test.each([
  ["has no state", undefined],
  ["has an empty state", stateText([])],
  ["has read data only", stateText([{ ...bucket, mode: "data" }])],
  ["has a resource without instances", stateText([{ ...bucket, instances: [] }])],
])("a stack may go that %s", async (_, text) => {
  expect((await check([old], text)).outcome).toEqual({ deployed: "" });
});

test("a stack that still has resources is held, and they are named", async () => {
  const inModule = { ...bucket, module: "module.layer", name: "helper" };
  const { outcome, summary } = await check([old], stateText([bucket, inModule]));
  expect(outcome).toMatchObject({
    message:
      "stage/old: it leaves the stack map, but its state still holds aws_s3_bucket.raw, module.layer.aws_s3_bucket.helper",
    hint: expect.stringContaining("destroy it with operate"),
    outputs: { deployed: "stage/old" },
  });
  expect(summary).toContain("`stage/old`: it leaves the stack map");
});

test.each([
  ["text that is no state", "{"],
  ["a state of another format", JSON.stringify({ version: 5, resources: [] })],
  ["a state that AWS does not show", new ActionError("AccessDenied")],
])("what cannot be told is deployed: %s", async (_, text) => {
  expect((await check([old], text)).outcome).toMatchObject({ outputs: { deployed: "stage/old" } });
});

test("a detection that does not say where the state is holds the stack", async () => {
  const { outcome } = await check([{ id: "stage/old", environment: "stage" }], undefined);
  expect(outcome).toMatchObject({ outputs: { deployed: "stage/old" } });
});

test("the session reads one object and can tell whether it is there", () => {
  const [read, list] = JSON.parse(stateReadingPolicy({ ...state, key: "a*/x" })).Statement;
  expect(read).toMatchObject({ Action: "s3:GetObject", Resource: `arn:aws:s3:::states/a\${*}/x` });
  expect(list).toMatchObject({ Action: "s3:ListBucket", Resource: "arn:aws:s3:::states" });
});
