import { z } from "zod";

/** The part of a plan's configuration that tells what its changes alone do not. */

const resource = z.object({
  address: z.string(),
  expressions: z.record(z.string(), z.unknown()).default({}),
  provisioners: z.array(z.unknown()).default([]),
});

export const moduleSchema = z.object({
  variables: z.record(z.string(), z.object({ sensitive: z.boolean().optional() })).default({}),
  resources: z.array(resource).default([]),
  get module_calls() {
    return z.record(z.string(), z.object({ module: moduleSchema.optional() })).default({});
  },
});

type ModuleDocument = z.infer<typeof moduleSchema>;

export interface ResourceConfiguration {
  readonly configured: ReadonlySet<string> | undefined;
  readonly provisioned: boolean;
}

/** Finds the configuration of a resource by its address, whichever instance it is. */
export function configurationOf(
  root: ModuleDocument | undefined,
): (address: string) => ResourceConfiguration {
  const found = new Map<string, ResourceConfiguration>();
  if (root !== undefined) collect(root, "", found);
  return (address) => found.get(withoutIndexes(address)) ?? { configured: undefined, provisioned: false };
}

function collect(module: ModuleDocument, prefix: string, into: Map<string, ResourceConfiguration>): void {
  for (const { address, expressions, provisioners } of module.resources)
    into.set(`${prefix}${address}`, {
      configured: new Set(Object.keys(expressions)),
      provisioned: provisioners.length > 0,
    });
  for (const [name, { module: inner }] of Object.entries(module.module_calls))
    if (inner !== undefined) collect(inner, `${prefix}module.${name}.`, into);
}

function withoutIndexes(address: string): string {
  return address.replaceAll(/\[(?:"(?:\\.|[^"\\])*"|\d+)\]/g, "");
}
