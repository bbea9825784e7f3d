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

/** To deploy every function of a stack, with its roles, log, queues, alarms and schedule. */
export function functionPermissions(naming: Naming): DeployPermissions {
  const own = `${naming.prefix}*`;
  const functions = [naming.functionArn(own)];
  const queues = [naming.queueArn(own)];
  const logGroups = [naming.logGroupArn(`/aws/lambda/${own}`)];
  const schedules = [naming.scheduleArn(own)];
  const alarms = [naming.alarmArn(own)];
  const feeds = feedPermissions(naming, functions);
  const roles = workloadRolePermissions(naming, ["lambda.amazonaws.com", "scheduler.amazonaws.com"]);
  return {
    read: [
      allow(readFunction, functions),
      allow(["sqs:GetQueueAttributes", "sqs:GetQueueUrl", "sqs:ListQueueTags"], queues),
      allow(["logs:DescribeLogGroups"], ["*"]),
      allow(["logs:ListTagsForResource"], logGroups),
      allow(["scheduler:GetSchedule"], schedules),
      allow(["cloudwatch:DescribeAlarms", "cloudwatch:ListTagsForResource"], alarms),
      ...feeds.read,
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
      allow(
        [
          "cloudwatch:DeleteAlarms",
          "cloudwatch:PutMetricAlarm",
          "cloudwatch:TagResource",
          "cloudwatch:UntagResource",
        ],
        alarms,
      ),
      ...feeds.manage,
      ...roles.manage,
    ],
  };
}

/**
 * A mapping from a queue to a function has a name that AWS makes up. Whose it is, is told by the function; its
 * tags know no such condition, nor does one that is being looked for after it was deleted.
 */
function feedPermissions(naming: Naming, functions: readonly string[]): DeployPermissions {
  const ofOwnFunctions = { ArnLike: { "lambda:FunctionArn": functions } };
  const any = [naming.eventSourceMappingArn("*")];
  return {
    read: [allow(["lambda:GetEventSourceMapping", "lambda:ListTags"], any)],
    manage: [
      allow(["lambda:CreateEventSourceMapping"], ["*"], ofOwnFunctions),
      allow(["lambda:DeleteEventSourceMapping", "lambda:UpdateEventSourceMapping"], any, ofOwnFunctions),
      allow(["lambda:TagResource", "lambda:UntagResource"], any),
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
