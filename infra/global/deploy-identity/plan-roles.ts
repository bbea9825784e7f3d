import { namingOf, type PlatformStack } from "../../platform-stack.ts";
import { planAccess } from "./backend-access.ts";
import type { Boundary } from "./boundaries.ts";
import { deployRole } from "./deploy-role.ts";
import { planTrust } from "./trust.ts";

/** One read-only role per environment of this account, for every stack in it. */
export async function planRoles(stack: PlatformStack, boundary: Boundary): Promise<void> {
  const { map, naming, code } = stack;
  for (const environment of map.environments.values()) {
    const name = `${map.project}-plan-${environment.name}`;
    if (environment.planRole !== naming.roleArn(name)) continue;
    const statements = planAccess(naming, map, environment);
    for (const planned of map.stacks.values()) {
      if (planned.environment.name !== environment.name) continue;
      const declare = await code.permissions(planned.id);
      statements.push(...(declare?.(namingOf(map, planned), map).read ?? []));
    }
    deployRole(stack, name, {
      name,
      description: `Plans the stacks of ${environment.name}`,
      trust: planTrust(naming, map),
      statements,
      sessionHours: 1,
      boundary: boundary.deployArn,
    });
  }
}
