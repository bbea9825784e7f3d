import { IamPolicy } from "@cdktf/provider-aws/lib/iam-policy/index.js";
import { boundedRoleActions, otherRoleActions } from "../../modules/iam/permissions.ts";
import { deployBoundaryName, type Naming, workloadBoundaryName } from "../../naming.ts";
import type { PlatformStack } from "../../platform-stack.ts";
import { allow, deny, policyDocument, type Statement } from "../../policy.ts";

export interface Boundary {
  /** Reference, so that the policy exists before the roles. */
  readonly deployArn: string;
}

/**
 * What no deploy role and no workload role can get past, whatever its own policy says. The roles that deploy
 * cannot change these: an administrator does, by bootstrap.
 */
export function boundaries(stack: PlatformStack): Boundary {
  const { naming, map } = stack;
  const protectedState = [naming.bucketArn(map.store.bucket), `${naming.bucketArn(map.store.bucket)}/*`];
  const tables = map.table === undefined ? [] : [naming.tableArn(map.table)];
  const deploy = new IamPolicy(stack, "deploy-boundary", {
    name: deployBoundaryName(map.project),
    description: "Holds down the roles that plan and apply",
    policy: policyDocument(deployStatements(naming, protectedState, tables)),
  });
  new IamPolicy(stack, "workload-boundary", {
    name: workloadBoundaryName(map.project),
    description: "Holds down the roles of functions, jobs and schedules",
    policy: policyDocument([
      allow(workloadActions, ["*"]),
      deny(["s3:*"], protectedState),
      ...(tables.length === 0 ? [] : [deny(["dynamodb:*"], tables)]),
    ]),
  });
  return { deployArn: deploy.arn };
}

function deployStatements(naming: Naming, state: readonly string[], tables: readonly string[]): Statement[] {
  const { project } = naming.place;
  const workloads = [naming.roleArn(`${project}-*`)];
  const deployers = [naming.roleArn(`${project}-plan-*`), naming.roleArn(`${project}-apply-*`)];
  const roleActions = [...boundedRoleActions, ...otherRoleActions, "iam:PassRole"];
  return [
    { Effect: "Allow", NotAction: ["iam:*", "sts:*", "organizations:*", "account:*"], Resource: ["*"] },
    allow(["iam:Get*", "iam:List*", "sts:GetCallerIdentity"], ["*"]),
    allow(boundedRoleActions, workloads, {
      StringEquals: { "iam:PermissionsBoundary": naming.workloadBoundaryArn },
    }),
    allow([...otherRoleActions, "iam:PassRole"], workloads),
    deny(roleActions, deployers),
    deny(["s3:DeleteBucket", "s3:DeleteBucketPolicy"], state.slice(0, 1)),
    ...(tables.length === 0 ? [] : [deny(["dynamodb:DeleteTable"], tables)]),
  ];
}

/** Data goes through these; a role that needs another service of AWS gets it here first. */
const workloadActions = [
  "athena:*",
  "cloudwatch:PutMetricData",
  "dynamodb:*Item",
  "dynamodb:Query",
  "dynamodb:Scan",
  "events:PutEvents",
  "glue:*Partition*",
  "glue:Get*",
  "glue:StartJobRun",
  "kms:Decrypt",
  "kms:GenerateDataKey",
  "lambda:InvokeFunction",
  "logs:CreateLogGroup",
  "logs:CreateLogStream",
  "logs:PutLogEvents",
  "s3:*Object",
  "s3:AbortMultipartUpload",
  "s3:GetBucketLocation",
  "s3:ListBucket",
  "secretsmanager:GetSecretValue",
  "sns:Publish",
  "sqs:*Message*",
  "sqs:GetQueueAttributes",
  "states:StartExecution",
];
