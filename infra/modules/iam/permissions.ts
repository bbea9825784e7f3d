import type { Naming } from "../../naming.ts";
import { allow, type DeployPermissions } from "../../policy.ts";

export const readRole = [
  "iam:GetRole",
  "iam:GetRolePolicy",
  "iam:ListAttachedRolePolicies",
  "iam:ListInstanceProfilesForRole",
  "iam:ListRolePolicies",
  "iam:ListRoleTags",
];

/** What can change the rights of a role, hence only while a boundary stays on it. */
export const boundedRoleActions = [
  "iam:CreateRole",
  "iam:DeleteRolePolicy",
  "iam:PutRolePermissionsBoundary",
  "iam:PutRolePolicy",
];

export const otherRoleActions = [
  "iam:DeleteRole",
  "iam:TagRole",
  "iam:UntagRole",
  "iam:UpdateAssumeRolePolicy",
  "iam:UpdateRole",
  "iam:UpdateRoleDescription",
];

/** To deploy the workload roles of a stack, and to pass them to the named services and nobody else. */
export function workloadRolePermissions(naming: Naming, services: readonly string[]): DeployPermissions {
  const own = [naming.roleArn(`${naming.prefix}*`)];
  const bounded = { StringEquals: { "iam:PermissionsBoundary": naming.workloadBoundaryArn } };
  return {
    read: [allow(readRole, own)],
    manage: [
      allow(boundedRoleActions, own, bounded),
      allow(otherRoleActions, own),
      allow(["iam:PassRole"], own, { StringEquals: { "iam:PassedToService": services } }),
    ],
  };
}
