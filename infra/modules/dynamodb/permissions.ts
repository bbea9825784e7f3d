import type { Naming } from "../../naming.ts";
import { allow, type DeployPermissions } from "../../policy.ts";

export const readTable = [
  "dynamodb:DescribeContinuousBackups",
  "dynamodb:DescribeTable",
  "dynamodb:DescribeTimeToLive",
  "dynamodb:ListTagsOfResource",
];
export const manageTable = [
  "dynamodb:CreateTable",
  "dynamodb:TagResource",
  "dynamodb:UntagResource",
  "dynamodb:UpdateContinuousBackups",
  "dynamodb:UpdateTable",
];

/** To deploy every table of a stack. Not to read or write what lies in them. */
export function tablePermissions(naming: Naming): DeployPermissions {
  const own = [naming.tableArn(`${naming.prefix}*`)];
  return {
    read: [allow(readTable, own)],
    manage: [allow([...manageTable, "dynamodb:DeleteTable"], own)],
  };
}
