import { dashed } from "../../../actions/shared/src/contracts/stack-map.ts";
import { namingOf, type PlatformStack } from "../../platform-stack.ts";
import { applyAccess } from "./backend-access.ts";
import type { Boundary } from "./boundaries.ts";
import { deployRole } from "./deploy-role.ts";
import { applyTrust } from "./trust.ts";

/**
 * One role per stack of this account that has code here, allowed to act on what the stack owns. A stack whose
 * role in the map has another name, and a plain Terraform folder, bring their own.
 */
export async function applyRoles(stack: PlatformStack, boundary: Boundary): Promise<void> {
  const { map, naming, code } = stack;
  for (const applied of map.stacks.values()) {
    const name = `${map.project}-apply-${dashed(applied.id)}`;
    const declare = await code.permissions(applied.id);
    if (applied.applyRole !== naming.roleArn(name) || declare === undefined) continue;
    const { read, manage } = declare(namingOf(map, applied), map);
    deployRole(stack, name, {
      name,
      description: `Applies ${applied.id}`,
      trust: applyTrust(naming, map, applied.environment.name),
      statements: [...applyAccess(naming, map, applied), ...read, ...manage],
      sessionHours: 4,
      boundary: applied.id === stack.stack.id ? undefined : boundary.deployArn,
    });
  }
}
