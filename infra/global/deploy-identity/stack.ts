import { fileURLToPath } from "node:url";
import type { PlatformStack } from "../../platform-stack.ts";
import { stackCodeIn } from "../../stack-code.ts";
import { applyRoles } from "./apply-roles.ts";
import { boundaries } from "./boundaries.ts";
import { oidcProvider } from "./oidc-provider.ts";
import { planRoles } from "./plan-roles.ts";

const infra = fileURLToPath(new URL("../../", import.meta.url));

/** Who may deploy: it follows from the stack map, so whoever adds a stack there gets its roles. */
export async function build(stack: PlatformStack): Promise<void> {
  const code = stackCodeIn(infra);
  oidcProvider(stack);
  const boundary = boundaries(stack);
  await planRoles(stack, code, boundary);
  await applyRoles(stack, code, boundary);
}
