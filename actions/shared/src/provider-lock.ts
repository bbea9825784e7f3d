import { ActionError } from "./action-error.ts";
import type { Stack } from "./contracts/stack-map.ts";

/** The file that says which providers a root module may use, in which version and with which checksums. */
export const lockFileName = ".terraform.lock.hcl";

export function noLockFile({ id, folder, synthesized }: Stack): ActionError {
  return new ActionError(
    `${id}: the folder ${folder} has no provider lock file (${lockFileName}), so Terraform would choose the providers itself`,
    {
      hint: synthesized
        ? "Commit a lock file (terraform providers lock), have synthesis copy it into the stack's folder, and upload the assembly with include-hidden-files: true."
        : "Commit the lock file: terraform providers lock -platform=linux_amd64, in the stack's folder. Or set provider-lock: optional in the stack map.",
    },
  );
}

/** Said of an init that chose providers; undefined when it needed none. `text` is the lock file that it wrote. */
export function chosenItself({ id, folder }: Stack, text: string): string | undefined {
  const chosen = [...text.matchAll(/^provider "([^"]+)" \{\n\s+version\s+= "([^"]+)"/gm)].map(
    ([, name = "", version]) => `${name.replace("registry.terraform.io/", "")} ${version}`,
  );
  if (chosen.length === 0) return undefined;
  return `${id}: the folder ${folder} has no ${lockFileName}, so Terraform chose ${chosen.join(", ")} itself; the apply may get another. Commit the lock file: terraform providers lock -platform=linux_amd64`;
}
