import { existsSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import type { StackMap } from "../actions/shared/src/contracts/stack-map.ts";
import type { Naming } from "./naming.ts";
import type { PlatformStack } from "./platform-stack.ts";
import type { DeployPermissions } from "./policy.ts";

/** `infra/<id>/stack.ts`: puts the stack's resources into it. */
export type BuildStack = (stack: PlatformStack) => void | Promise<void>;

/** `infra/<id>/permissions.ts`: what deploying the stack needs on its own resources. */
export type DeclarePermissions = (naming: Naming, map: StackMap) => DeployPermissions;

/** Code of the stacks, found by their ids below a folder. */
export interface StackCode {
  build(id: string): Promise<BuildStack>;
  /** Undefined for a stack without code here: a plain Terraform folder brings its own role. */
  permissions(id: string): Promise<DeclarePermissions | undefined>;
}

export function stackCodeIn(folder: string): StackCode {
  const load = async (id: string, file: string): Promise<Record<string, unknown> | undefined> => {
    const path = join(folder, id, file);
    return existsSync(path)
      ? ((await import(pathToFileURL(path).href)) as Record<string, unknown>)
      : undefined;
  };
  return {
    async build(id) {
      const module = await load(id, "stack.ts");
      const build = module?.["build"];
      if (typeof build !== "function") throw new Error(missing(id, "stack.ts", "build"));
      return build as BuildStack;
    },
    async permissions(id) {
      const module = await load(id, "permissions.ts");
      if (module === undefined) return undefined;
      const declare = module["deployPermissions"];
      if (typeof declare !== "function") throw new Error(missing(id, "permissions.ts", "deployPermissions"));
      return declare as DeclarePermissions;
    },
  };
}

function missing(id: string, file: string, name: string): string {
  return `The stack map names the stack ${id}, but infra/${id}/${file} does not export ${name}. Write it, take the stack out of the map, or name the folder of a plain Terraform stack with \`folder\`.`;
}
