import type { StackMap } from "../../../actions/shared/src/contracts/stack-map.ts";
import { dashed } from "../../../actions/shared/src/contracts/stack-map.ts";
import { boundedRoleActions, otherRoleActions, readRole } from "../../modules/iam/permissions.ts";
import { deployBoundaryName, type Naming, workloadBoundaryName } from "../../naming.ts";
import { allow, type DeployPermissions, deny } from "../../policy.ts";
import { issuer } from "./trust.ts";

/**
 * To make roles for new stacks, each under the deploy boundary. What holds this role itself down (its own
 * policy, the boundaries, the OIDC provider) is for an administrator to change, by bootstrap.
 */
export function deployPermissions(naming: Naming, map: StackMap): DeployPermissions {
  const { project } = map;
  const roles = [naming.roleArn(`${project}-plan-*`), naming.roleArn(`${project}-apply-*`)];
  const own = [naming.roleArn(`${project}-apply-${dashed(naming.place.stack)}`)];
  const boundaries = [deployBoundaryName(project), workloadBoundaryName(project)].map((name) =>
    naming.policyArn(name),
  );
  const bounded = {
    StringEquals: { "iam:PermissionsBoundary": naming.policyArn(deployBoundaryName(project)) },
  };
  return {
    read: [
      allow(readRole, roles),
      allow(
        ["iam:GetPolicy", "iam:GetPolicyVersion", "iam:ListPolicyTags", "iam:ListPolicyVersions"],
        boundaries,
      ),
      allow(
        ["iam:GetOpenIDConnectProvider", "iam:ListOpenIDConnectProviderTags"],
        [naming.oidcProviderArn(issuer)],
      ),
    ],
    manage: [
      allow(boundedRoleActions, roles, bounded),
      allow(otherRoleActions, roles),
      deny([...boundedRoleActions, ...otherRoleActions, "iam:PassRole"], own),
    ],
  };
}
