import { beforeAll, describe, expect, it } from "vitest";
import { dashed, parseStackMap, type Stack } from "../../actions/shared/src/contracts/stack-map.ts";
import { namingOf } from "../platform-stack.ts";
import { mapText, repositoryMap } from "./repository.ts";
import { type Asked, Roles, type TrustStatement } from "./simulate.ts";
import { synthesizeForTest } from "./synthesis.ts";
import { trustFaults } from "./trust-lint.ts";

const map = repositoryMap();
const stacks = [...map.stacks.values()];
const account = "123456789012";
const applyRole = (stack: { readonly id: string }) => `activity-apply-${dashed(stack.id)}`;
const state = (id: string) => `arn:aws:s3:::activity-state-${account}/${id}/terraform.tfstate`;
const object = (key: string) => `arn:aws:s3:::activity-state-${account}/${key}`;
const table = `arn:aws:dynamodb:eu-west-1:${account}:table/activity-locks`;
let roles: Roles;
beforeAll(async () => {
  const synthesized = await synthesizeForTest(map);
  roles = new Roles(synthesized.stack("global/deploy-identity"), account);
});

describe("roles", () => {
  it("are one per stack to apply and one per environment to plan", () => {
    expect(roles.names.toSorted()).toEqual(
      [
        ...stacks.map(applyRole),
        ...[...map.environments.keys()].map((name) => `activity-plan-${name}`),
      ].toSorted(),
    );
  });

  it("let a pull request plan the first stack of an environment", async () => {
    const empty = parseStackMap(mapText.replace(/ {2}stage\/storage[\s\S]*$/, ""), "stacks.yml");
    const role = new Roles((await synthesizeForTest(empty)).stack("global/deploy-identity"), account);
    const asks = (action: string, resource: string) =>
      role.allows("activity-plan-stage", { action, resource });
    expect(await asks("s3:GetObject", state("stage/storage/s3"))).toBe(true);
    expect(await asks("s3:PutObject", object("records/stage/storage/s3/d/1-1.json"))).toBe(true);
    expect(await asks("s3:GetObject", state("global/backend"))).toBe(false);
  });

  it("trust what the linter lets pass", () => {
    for (const name of roles.names)
      for (const statement of roles.trust(name).Statement)
        expect(trustFaults(statement, map.repository, name.includes("-apply-")), name).toEqual([]);
  });

  it("have trust of the immutable form where the map gives the subject", async () => {
    const text = mapText.replace(
      "repository: acme/data-platform",
      "repository: acme/data-platform\noidc-subject: acme@12/data-platform@34",
    );
    const { stack } = await synthesizeForTest(parseStackMap(text, "map"));
    const immutable = new Roles(stack("global/deploy-identity"), account);
    for (const name of immutable.names)
      for (const statement of immutable.trust(name).Statement)
        expect(trustFaults(statement, "acme@12/data-platform@34", name.includes("-apply-")), name).toEqual(
          [],
        );
  });
});

describe("the trust linter", () => {
  const issuer = "token.actions.githubusercontent.com";
  const good = {
    [`${issuer}:aud`]: "sts.amazonaws.com",
    [`${issuer}:sub`]: "repo:acme/data-platform:environment:stage",
    [`${issuer}:job_workflow_ref`]: "acme/data-platform/.github/workflows/deploy.yml@refs/heads/main",
  };
  const statement = (Condition: NonNullable<TrustStatement["Condition"]>): TrustStatement => ({
    Effect: "Allow",
    Principal: { Federated: "x" },
    Action: "sts:AssumeRoleWithWebIdentity",
    Condition,
  });
  const { [`${issuer}:aud`]: _aud, ...noAudience } = good;
  const { [`${issuer}:sub`]: _sub, ...noSubject } = good;
  const { [`${issuer}:job_workflow_ref`]: _ref, ...noWorkflow } = good;

  it.each([
    [
      "any environment",
      { StringEquals: good, StringLike: { [`${issuer}:sub`]: "repo:acme/data-platform:*" } },
    ],
    [
      "an owner that begins alike",
      { StringEquals: { ...good, [`${issuer}:sub`]: "repo:acme*/data-platform:environment:stage" } },
    ],
    ["no audience", { StringEquals: noAudience }],
    ["no subject", { StringEquals: noSubject }],
    ["no workflow", { StringEquals: noWorkflow }],
    ["a set operator that holds without the claim", { "ForAllValues:StringEquals": good }],
    [
      "pull requests on a role that writes",
      { StringEquals: { ...good, [`${issuer}:sub`]: "repo:acme/data-platform:pull_request" } },
    ],
    [
      "a workflow of any branch",
      {
        StringEquals: {
          ...good,
          [`${issuer}:job_workflow_ref`]: "acme/data-platform/.github/workflows/deploy.yml@*",
        },
      },
    ],
  ])("rejects %s", (_, condition) => {
    expect(trustFaults(statement(condition), "acme/data-platform", true)).not.toEqual([]);
  });

  it("lets the good one pass", () => {
    expect(trustFaults(statement({ StringEquals: good }), "acme/data-platform", true)).toEqual([]);
  });
});

/** What applying a stack does to its backend and to something it owns. */
function deeds(stack: Stack): Asked[] {
  const naming = namingOf(map, stack);
  const rows = [
    `${stack.backend.bucket}/${stack.backend.key}`,
    `${stack.backend.bucket}/${stack.backend.key}-md5`,
  ];
  return [
    { action: "s3:GetObject", resource: state(stack.id) },
    { action: "s3:PutObject", resource: state(stack.id) },
    { action: "s3:PutObject", resource: `${state(stack.id)}.tflock` },
    { action: "s3:DeleteObject", resource: `${state(stack.id)}.tflock` },
    { action: "s3:GetObject", resource: object(`records/${stack.id}/abc/1-1.json`) },
    { action: "s3:PutObject", resource: object(`deployments/${stack.id}.json`) },
    { action: "s3:PutObject", resource: object(`deployments/${stack.id}.writers`) },
    ...rows.map((row) => ({
      action: "dynamodb:PutItem",
      resource: table,
      context: { "dynamodb:LeadingKeys": [row] },
    })),
    ...owned(stack, naming),
  ];
}

function owned(stack: Stack, naming: ReturnType<typeof namingOf>): Asked[] {
  if (stack.id.endsWith("/s3"))
    return [{ action: "s3:PutBucketPolicy", resource: naming.bucketArn(naming.bucketName("raw-layer")) }];
  if (stack.id.endsWith("/dynamodb"))
    return [{ action: "dynamodb:UpdateTable", resource: naming.tableArn(naming.name("x")) }];
  if (stack.id.endsWith("/lambda"))
    return [
      { action: "lambda:UpdateFunctionCode", resource: naming.functionArn(naming.name("x")) },
      { action: "sqs:SetQueueAttributes", resource: naming.queueArn(naming.name("x")) },
      { action: "cloudwatch:PutMetricAlarm", resource: naming.alarmArn(naming.name("x")) },
      {
        action: "lambda:UpdateEventSourceMapping",
        resource: naming.eventSourceMappingArn("7d5a3c1e-0000-4000-8000-000000000000"),
        context: { "lambda:FunctionArn": naming.functionArn(naming.name("x")) },
      },
    ];
  if (stack.id.endsWith("/glue"))
    return [{ action: "glue:UpdateJob", resource: naming.jobArn(naming.name("x")) }];
  if (stack.id === "global/backend") return [{ action: "dynamodb:UpdateTable", resource: table }];
  return [
    {
      action: "iam:PutRolePolicy",
      resource: `arn:aws:iam::${account}:role/activity-apply-stage-storage-s3`,
      context: { "iam:PermissionsBoundary": `arn:aws:iam::${account}:policy/activity-deploy-boundary` },
    },
  ];
}

describe("an apply role", () => {
  it.each(stacks)("of $id does its own deeds, and no other role does", async (stack) => {
    for (const asked of deeds(stack))
      for (const other of stacks)
        expect(
          await roles.allows(applyRole(other), asked),
          `${other.id}: ${asked.action} ${asked.resource}`,
        ).toBe(other === stack);
  });

  it("cannot reach a lock row when the request names none, nor several at once", async () => {
    const own = `activity-state-${account}/stage/storage/s3/terraform.tfstate`;
    const role = "activity-apply-stage-storage-s3";
    expect(await roles.allows(role, { action: "dynamodb:PutItem", resource: table })).toBe(false);
    const both = [own, `activity-state-${account}/stage/workflow/glue/terraform.tfstate`];
    expect(
      await roles.allows(role, {
        action: "dynamodb:PutItem",
        resource: table,
        context: { "dynamodb:LeadingKeys": both },
      }),
    ).toBe(false);
  });

  it("cannot write records, so it cannot review for itself", async () => {
    for (const stack of stacks)
      expect(
        await roles.allows(applyRole(stack), {
          action: "s3:PutObject",
          resource: object(`records/${stack.id}/abc/1-1.json`),
        }),
      ).toBe(false);
  });
});
