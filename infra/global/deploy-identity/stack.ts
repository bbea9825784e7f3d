import type { PlatformStack } from "../../platform-stack.ts";
import { applyRoles } from "./apply-roles.ts";
import { boundaries } from "./boundaries.ts";
import { oidcProvider } from "./oidc-provider.ts";
import { planRoles } from "./plan-roles.ts";

/** Who may deploy: it follows from the stack map, so whoever adds a stack there gets its roles. */
export async function build(stack: PlatformStack): Promise<void> {
  oidcProvider(stack);
  const boundary = boundaries(stack);
  await planRoles(stack, boundary);
  await applyRoles(stack, boundary);
}
