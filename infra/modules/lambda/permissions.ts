import type { Naming } from "../../naming.ts";
import { allow, type DeployPermissions } from "../../policy.ts";
import { workloadRolePermissions } from "../iam/permissions.ts";

const readFunction = [
  "lambda:GetFunction",
  "lambda:GetFunctionCodeSigningConfig",
  "lambda:GetFunctionConcurrency",
  "lambda:GetFunctionConfiguration",
  "lambda:GetFunctionEventInvokeConfig",
  "lambda:ListTags",
  "lambda:ListVersionsByFunction",
];
const manageFunction = [
  "lambda:CreateFunction",
  "lambda:DeleteFunction",
  "lambda:DeleteFunctionConcurrency",
  "lambda:DeleteFunctionEventInvokeConfig",
  "lambda:PutFunctionConcurrency",
  "lambda:PutFunctionEventInvokeConfig",
  "lambda:TagResource",
  "lambda:UntagResource",
  "lambda:UpdateFunctionCode",
  "lambda:UpdateFunctionConfiguration",
  "lambda:UpdateFunctionEventInvokeConfig",
];

/** To deploy every scheduled function of a stack, with its roles, log, queue and schedule. */
export function scheduledFunctionPermissions(naming: Naming): DeployPermissions {
  const own = `${naming.prefix}*`;
  const functions = [naming.functionArn(own)];
  const queues = [naming.queueArn(own)];
  const logGroups = [naming.logGroupArn(`/aws/lambda/${own}`)];
  const schedules = [naming.scheduleArn(own)];
  const roles = workloadRolePermissions(naming, ["lambda.amazonaws.com", "scheduler.amazonaws.com"]);
  return {
    read: [
      allow(readFunction, functions),
      allow(["sqs:GetQueueAttributes", "sqs:GetQueueUrl", "sqs:ListQueueTags"], queues),
      allow(["logs:DescribeLogGroups"], ["*"]),
      allow(["logs:ListTagsForResource"], logGroups),
      allow(["scheduler:GetSchedule"], schedules),
      ...roles.read,
    ],
    manage: [
      allow(manageFunction, functions),
      allow(
        ["sqs:CreateQueue", "sqs:DeleteQueue", "sqs:SetQueueAttributes", "sqs:TagQueue", "sqs:UntagQueue"],
        queues,
      ),
      allow(manageLogGroup, logGroups),
      allow(["scheduler:CreateSchedule", "scheduler:DeleteSchedule", "scheduler:UpdateSchedule"], schedules),
      ...roles.manage,
    ],
  };
}

export const manageLogGroup = [
  "logs:CreateLogGroup",
  "logs:DeleteLogGroup",
  "logs:DeleteRetentionPolicy",
  "logs:PutRetentionPolicy",
  "logs:TagResource",
  "logs:UntagResource",
];
