import { beforeAll, describe, expect, it } from "vitest";
import { repositoryMap } from "./repository.ts";
import { type Asked, Roles } from "./simulate.ts";
import { synthesizeForTest } from "./synthesis.ts";

const account = "123456789012";
const object = (key: string) => `arn:aws:s3:::activity-state-${account}/${key}`;
const state = (id: string) => object(`${id}/terraform.tfstate`);
const table = `arn:aws:dynamodb:eu-west-1:${account}:table/activity-locks`;
let roles: Roles;
beforeAll(async () => {
  const synthesized = await synthesizeForTest(repositoryMap());
  roles = new Roles(synthesized.stack("global/deploy-identity"), account);
});

const arn = (kind: string, name: string) => `arn:aws:iam::${account}:${kind}/${name}`;
const workload = { "iam:PermissionsBoundary": arn("policy", "activity-workload-boundary") };

describe("escalation", () => {
  const escalations: Asked[] = [
    { action: "iam:CreatePolicyVersion", resource: arn("policy", "activity-deploy-boundary") },
    { action: "iam:CreatePolicyVersion", resource: arn("policy", "activity-workload-boundary") },
    { action: "iam:SetDefaultPolicyVersion", resource: arn("policy", "activity-workload-boundary") },
    { action: "iam:CreateUser", resource: arn("user", "eve") },
    { action: "iam:CreateAccessKey", resource: arn("user", "root-like") },
    { action: "iam:CreateRole", resource: arn("role", "activity-stage-workflow-lambda-x") },
    { action: "iam:PutRolePolicy", resource: arn("role", "OrganizationAccountAccessRole") },
    {
      action: "iam:AttachRolePolicy",
      resource: arn("role", "activity-stage-workflow-lambda-x"),
      context: workload,
    },
    {
      action: "iam:DeleteRolePermissionsBoundary",
      resource: arn("role", "activity-stage-workflow-lambda-x"),
      context: workload,
    },
    {
      action: "iam:PassRole",
      resource: arn("role", "activity-apply-global-deploy-identity"),
      context: { "iam:PassedToService": "lambda.amazonaws.com" },
    },
    {
      action: "iam:PassRole",
      resource: arn("role", "activity-stage-workflow-lambda-x"),
      context: { "iam:PassedToService": "ec2.amazonaws.com" },
    },
    {
      action: "iam:UpdateOpenIDConnectProviderThumbprint",
      resource: arn("oidc-provider", "token.actions.githubusercontent.com"),
    },
    { action: "sts:AssumeRole", resource: arn("role", "activity-apply-stage-workflow-glue") },
    { action: "s3:DeleteBucket", resource: `arn:aws:s3:::activity-state-${account}` },
    { action: "dynamodb:DeleteTable", resource: table },
  ];
  it.each(escalations)(
    "$action on $resource is denied to every deploy role by its own policy",
    async (asked) => {
      for (const name of roles.names) expect(await roles.allows(name, asked, "rights"), name).toBe(false);
    },
  );

  const identity = "activity-apply-global-deploy-identity";
  const passedElsewhere = (asked: Asked) => asked.context?.["iam:PassedToService"] === "ec2.amazonaws.com";
  it.each(escalations.filter((asked) => !passedElsewhere(asked)))(
    "$action on $resource is denied by the boundary, whatever the policy says",
    async (asked) => {
      for (const name of roles.names.filter((role) => role !== identity))
        expect(await roles.allows(name, asked, "boundary"), name).toBe(false);
    },
  );

  it("by changing itself is denied to every deploy role", async () => {
    for (const name of roles.names)
      for (const action of ["iam:PutRolePolicy", "iam:UpdateAssumeRolePolicy", "iam:DeleteRole"])
        expect(
          await roles.allows(name, {
            action,
            resource: arn("role", name),
            context: { "iam:PermissionsBoundary": arn("policy", "activity-deploy-boundary") },
          }),
          `${name} ${action}`,
        ).toBe(false);
  });

  it("through a workload role is not: the role may be made under the boundary only", async () => {
    const resource = arn("role", "activity-stage-workflow-lambda-x");
    expect(
      await roles.allows("activity-apply-stage-workflow-lambda", {
        action: "iam:CreateRole",
        resource,
        context: workload,
      }),
    ).toBe(true);
    const other = { "iam:PermissionsBoundary": "arn:aws:iam::aws:policy/AdministratorAccess" };
    expect(
      await roles.allows("activity-apply-stage-workflow-lambda", {
        action: "iam:CreateRole",
        resource,
        context: other,
      }),
    ).toBe(false);
  });
});

describe("the plan role", () => {
  const plan = "activity-plan-stage";
  it.each<Asked>([
    { action: "s3:GetObject", resource: state("stage/storage/s3") },
    { action: "s3:GetObject", resource: `${state("stage/storage/s3")}.tflock` },
    { action: "s3:ListBucket", resource: `arn:aws:s3:::activity-state-${account}` },
    { action: "s3:GetObject", resource: object("deployments/stage/storage/s3.json") },
    { action: "s3:GetObject", resource: object("deployments/stage/storage/s3.writers") },
    { action: "s3:PutObject", resource: object("records/stage/storage/s3/abc/1-1.json") },
    {
      action: "dynamodb:GetItem",
      resource: table,
      context: {
        "dynamodb:LeadingKeys": [`activity-state-${account}/stage/storage/s3/terraform.tfstate-md5`],
      },
    },
    {
      action: "lambda:GetFunction",
      resource: `arn:aws:lambda:eu-west-1:${account}:function:activity-stage-workflow-lambda-x`,
    },
  ])("may $action on $resource", async (asked) => {
    expect(await roles.allows(plan, asked)).toBe(true);
  });

  it.each<Asked>([
    { action: "s3:GetObject", resource: object("records/stage/storage/s3/abc/1-1.json") },
    { action: "s3:GetObject", resource: object("rescued/stage/storage/s3/1-1.tfstate") },
    { action: "s3:PutObject", resource: object("rescued/stage/storage/s3/1-1.tfstate") },
    { action: "s3:PutObject", resource: state("stage/storage/s3") },
    { action: "s3:PutObject", resource: `${state("stage/storage/s3")}.tflock` },
    { action: "s3:PutObject", resource: object("deployments/stage/storage/s3.json") },
    { action: "s3:PutObject", resource: object("deployments/stage/storage/s3.writers") },
    { action: "s3:DeleteObject", resource: object("records/stage/storage/s3/abc/1-1.json") },
    { action: "s3:GetObject", resource: state("global/backend") },
    { action: "s3:PutObject", resource: object("records/global/backend/abc/1-1.json") },
    {
      action: "dynamodb:PutItem",
      resource: table,
      context: { "dynamodb:LeadingKeys": [`activity-state-${account}/stage/storage/s3/terraform.tfstate`] },
    },
    {
      action: "s3:GetObject",
      resource: `arn:aws:s3:::activity-stage-storage-s3-raw-layer-${account}/gharchive/x`,
    },
    {
      action: "lambda:InvokeFunction",
      resource: `arn:aws:lambda:eu-west-1:${account}:function:activity-stage-workflow-lambda-x`,
    },
    {
      action: "glue:StartJobRun",
      resource: `arn:aws:glue:eu-west-1:${account}:job/activity-stage-workflow-glue-x`,
    },
    {
      action: "iam:PassRole",
      resource: arn("role", "activity-stage-workflow-lambda-x"),
      context: { "iam:PassedToService": "lambda.amazonaws.com" },
    },
  ])("may not $action on $resource", async (asked) => {
    expect(await roles.allows(plan, asked)).toBe(false);
  });
});

describe("an apply role", () => {
  const role = "activity-apply-stage-storage-s3";
  const rescued = (stack: string) => object(`rescued/${stack}/1-1.tfstate`);

  it("keeps a state that could not be written, and no other stack's", async () => {
    for (const action of ["s3:PutObject", "s3:GetObject"]) {
      expect(await roles.allows(role, { action, resource: rescued("stage/storage/s3") })).toBe(true);
      expect(await roles.allows(role, { action, resource: rescued("stage/workflow/glue") })).toBe(false);
    }
  });

  it("cannot take away that a state waits to be dealt with", async () => {
    const asked = { action: "s3:DeleteObject", resource: rescued("stage/storage/s3") };
    expect(await roles.allows(role, asked)).toBe(false);
  });
});
