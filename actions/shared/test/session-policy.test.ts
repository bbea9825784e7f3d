import { runSimulation } from "@cloud-copilot/iam-simulate";
import { expect, test } from "vitest";
import { parseStackMap, type Stack } from "../src/contracts/stack-map.ts";
import {
  applySessionPolicy,
  maxSessionPolicyLength,
  planSessionPolicy,
  unlockSessionPolicy,
} from "../src/session-policy.ts";

const account = "123456789012";
const longId = `stage/${"x".repeat(122)}`;
const map = parseStackMap(
  `
version: 1
project: activity
repository: acme/data-platform
state: { bucket: shared-state, region: eu-west-1, table: locks }
environments:
  stage: { account: "${account}", region: eu-west-1 }
stacks:
  stage/storage/s3: { environment: stage, paths: ["a/**"] }
  stage/odd: { environment: stage, paths: ["b/**"], state: { key: "odd/*/$x?.tfstate" } }
  guest: { environment: stage, paths: ["c/**"], workspace: blue, state: { bucket: guest-state, key: net.tfstate } }
  ${longId}: { environment: stage, paths: ["d/**"] }
`,
  "stacks.yml",
);

function stackOf(id: string): Stack {
  const stack = map.stacks.get(id);
  if (stack === undefined) throw new Error(`no stack ${id}`);
  return stack;
}

const s3Stack = stackOf("stage/storage/s3");
const policies = {
  plan: planSessionPolicy(s3Stack, map.store),
  apply: applySessionPolicy(s3Stack, map.store),
  unlock: unlockSessionPolicy(s3Stack, map.store),
};
const everything = { Version: "2012-10-17", Statement: { Effect: "Allow", Action: "*", Resource: "*" } };

interface Call {
  readonly action: string;
  readonly resource: string;
  readonly row?: string;
}

/** Whether a role that may do anything still may do this under the session policy. */
async function allowed(sessionPolicy: string, { action, resource, row }: Call): Promise<boolean> {
  const answer = await runSimulation(
    {
      request: {
        principal: `arn:aws:sts::${account}:assumed-role/activity-plan-stage/session`,
        action,
        resource: { resource, accountId: account },
        contextVariables: row === undefined ? {} : { "dynamodb:LeadingKeys": [row] },
      },
      sessionPolicy: JSON.parse(sessionPolicy),
      identityPolicies: [{ name: "role", policy: everything }],
      serviceControlPolicies: [],
      resourceControlPolicies: [],
    },
    {},
  );
  if (!("overallResult" in answer)) throw new Error(JSON.stringify(answer));
  return answer.overallResult === "Allowed";
}

const object = (key: string, bucket = "shared-state") => `arn:aws:s3:::${bucket}/${key}`;
const locks = `arn:aws:dynamodb:eu-west-1:${account}:table/locks`;
const own = "stage/storage/s3/terraform.tfstate";
const other = "stage/workflow/glue/terraform.tfstate";
const row = (key: string) => `shared-state/${key}`;

/** What each policy says: [action, resource, row, plan, apply, unlock]. */
const table: ReadonlyArray<readonly [string, string, string | undefined, boolean, boolean, boolean]> = [
  ["s3:GetObject", object(own), undefined, true, true, true],
  ["s3:PutObject", object(own), undefined, false, true, false],
  ["s3:DeleteObject", object(own), undefined, false, false, false],
  ["s3:GetObject", object(`${own}.tflock`), undefined, true, true, true],
  ["s3:PutObject", object(`${own}.tflock`), undefined, false, true, false],
  ["s3:DeleteObject", object(`${own}.tflock`), undefined, false, true, true],
  ["s3:GetObject", object(other), undefined, false, false, false],
  ["s3:PutObject", object(other), undefined, false, false, false],
  ["s3:PutObject", object(`${other}.tflock`), undefined, false, false, false],
  ["s3:GetObjectVersion", object(other), undefined, false, false, false],
  ["s3:PutObject", object("records/stage/storage/s3/abc/1-1.json"), undefined, true, false, false],
  ["s3:GetObject", object("records/stage/storage/s3/abc/1-1.json"), undefined, false, true, false],
  ["s3:DeleteObject", object("records/stage/storage/s3/abc/1-1.json"), undefined, false, false, false],
  ["s3:PutObject", object("records/stage/workflow/glue/abc/1-1.json"), undefined, false, false, false],
  ["s3:GetObject", object("records/stage/workflow/glue/abc/1-1.json"), undefined, false, false, false],
  ["s3:GetObject", object("deployments/stage/storage/s3.json"), undefined, true, true, true],
  ["s3:PutObject", object("deployments/stage/storage/s3.json"), undefined, false, true, false],
  ["s3:GetObject", object("deployments/stage/storage/s3.writers"), undefined, true, true, true],
  ["s3:PutObject", object("deployments/stage/storage/s3.writers"), undefined, false, true, true],
  ["s3:PutObject", object("deployments/stage/storage/s3/x.writers"), undefined, false, false, false],
  ["s3:DeleteObject", object("deployments/stage/storage/s3.writers"), undefined, false, false, false],
  ["s3:PutObject", object("deployments/stage/workflow/glue.json"), undefined, false, false, false],
  ["s3:PutObject", object("records/stage/storage/s3/links/h-t-d-1-1.json"), undefined, true, false, false],
  ["s3:PutObject", object("rescued/stage/storage/s3/1-1.tfstate"), undefined, false, true, false],
  ["s3:GetObject", object("rescued/stage/storage/s3/1-1.tfstate"), undefined, false, true, false],
  ["s3:DeleteObject", object("rescued/stage/storage/s3/1-1.tfstate"), undefined, false, false, false],
  ["s3:GetObject", object("rescued/stage/workflow/glue/1-1.tfstate"), undefined, false, false, false],
  ["s3:PutObject", object("rescued/stage/workflow/glue/1-1.tfstate"), undefined, false, false, false],
  ["s3:ListBucket", "arn:aws:s3:::shared-state", undefined, true, true, true],
  ["s3:PutBucketVersioning", "arn:aws:s3:::shared-state", undefined, true, true, false],
  ["dynamodb:GetItem", locks, row(own), true, true, true],
  ["dynamodb:GetItem", locks, row(`${own}-md5`), true, true, true],
  ["dynamodb:PutItem", locks, row(own), false, true, false],
  ["dynamodb:DeleteItem", locks, row(own), false, true, true],
  ["dynamodb:PutItem", locks, row(`${own}-md5`), false, true, false],
  ["dynamodb:GetItem", locks, row(other), false, false, false],
  ["dynamodb:PutItem", locks, row(other), false, false, false],
  ["dynamodb:DeleteItem", locks, row(other), false, false, false],
  ["dynamodb:PutItem", locks, undefined, false, false, false],
  ["dynamodb:UpdateItem", locks, row(own), false, false, false],
  ["dynamodb:BatchWriteItem", locks, row(own), false, false, false],
  ["dynamodb:Scan", locks, undefined, false, false, false],
  ["dynamodb:PartiQLDelete", locks, row(own), false, false, false],
  ["dynamodb:DescribeTable", locks, undefined, true, true, false],
  ["dynamodb:UpdateTable", locks, undefined, true, true, false],
  ["dynamodb:PutItem", `arn:aws:dynamodb:eu-west-1:${account}:table/orders`, "any", true, true, false],
  ["s3:PutObject", object("raw/2026.json.gz", "activity-raw"), undefined, true, true, false],
  ["glue:UpdateJob", `arn:aws:glue:eu-west-1:${account}:job/activity`, undefined, true, true, false],
  ["s3:ListAllMyBuckets", "*", undefined, true, true, false],
];

test.each(table)("%s on %s (row %s): plan %s, apply %s, unlock %s", async (...row) => {
  const [action, resource, leading, plan, apply, unlock] = row;
  const call = { action, resource, ...(leading === undefined ? {} : { row: leading }) };
  expect({
    plan: await allowed(policies.plan, call),
    apply: await allowed(policies.apply, call),
    unlock: await allowed(policies.unlock, call),
  }).toEqual({ plan, apply, unlock });
});

test("characters that are wildcards to IAM stand for themselves", async () => {
  const policy = applySessionPolicy(stackOf("stage/odd"), map.store);
  const get = (key: string) => allowed(policy, { action: "s3:GetObject", resource: object(key) });
  expect(await get("odd/*/$x?.tfstate")).toBe(true);
  expect(await get("odd/y/$x1.tfstate")).toBe(false);
});

test("a stack with its own bucket and a workspace is held to them, and to its records in the shared one", async () => {
  const policy = applySessionPolicy(stackOf("guest"), map.store);
  const put = (key: string, bucket: string) =>
    allowed(policy, { action: "s3:PutObject", resource: object(key, bucket) });
  expect(await put("env:/blue/net.tfstate", "guest-state")).toBe(true);
  expect(await put("env:/green/net.tfstate", "guest-state")).toBe(false);
  expect(await put("net.tfstate", "guest-state")).toBe(false);
  expect(await put("deployments/guest.json", "shared-state")).toBe(true);
  expect(await put("stage/storage/s3/terraform.tfstate", "shared-state")).toBe(false);
});

test("the longest ids fit; what does not is refused by name", () => {
  const stack = stackOf(longId);
  for (const make of [planSessionPolicy, applySessionPolicy, unlockSessionPolicy]) {
    expect(make(stack, map.store).length).toBeLessThanOrEqual(maxSessionPolicyLength);
    const tooLong = { ...stack, backend: { ...stack.backend, key: "k".repeat(1024) } };
    expect(() => make(tooLong, map.store)).toThrow(stack.id);
  }
});

test("the partition follows the region", () => {
  const china = { ...s3Stack, backend: { ...s3Stack.backend, region: "cn-north-1" } };
  expect(planSessionPolicy(china, map.store)).toContain("arn:aws-cn:s3:::shared-state/stage/");
  expect(planSessionPolicy(china, map.store)).not.toContain("arn:aws:");
});
