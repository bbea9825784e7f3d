import type { Naming } from "../../naming.ts";
import { allow, type DeployPermissions } from "../../policy.ts";
import { workloadRolePermissions } from "../iam/permissions.ts";
import { manageLogGroup } from "../lambda/permissions.ts";

/** To deploy every Spark job of a stack, with its role, log and trigger. */
export function sparkJobPermissions(naming: Naming): DeployPermissions {
  const own = `${naming.prefix}*`;
  const jobs = [naming.jobArn(own)];
  const triggers = [naming.triggerArn(own)];
  const logGroups = [naming.logGroupArn(`/aws-glue/jobs/${own}`)];
  const roles = workloadRolePermissions(naming, ["glue.amazonaws.com"]);
  return {
    read: [
      allow(["glue:GetJob", "glue:GetTags"], jobs),
      allow(["glue:GetTrigger", "glue:GetTags"], triggers),
      allow(["logs:DescribeLogGroups"], ["*"]),
      allow(["logs:ListTagsForResource"], logGroups),
      ...roles.read,
    ],
    manage: [
      allow(["glue:CreateJob", "glue:DeleteJob", "glue:UpdateJob"], jobs),
      allow(
        [
          "glue:CreateTrigger",
          "glue:DeleteTrigger",
          "glue:StartTrigger",
          "glue:StopTrigger",
          "glue:UpdateTrigger",
        ],
        triggers,
      ),
      allow(["glue:TagResource", "glue:UntagResource"], [...jobs, ...triggers]),
      allow(manageLogGroup, logGroups),
      ...roles.manage,
    ],
  };
}
