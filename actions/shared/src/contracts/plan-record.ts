import { z } from "zod";

/**
 * What review approves and what apply may do: kept in the record store at {@link recordKey}, written by the
 * plan role only, read by the apply role only. Every value enters as an HMAC-SHA-256 under `key`, a random
 * key of this record, which never leaves the store.
 */

/** HMAC of a value's canonical JSON, hex; or that it is unknown until apply. */
const fingerprint = z.union([z.string().regex(/^[0-9a-f]{64}$/), z.literal("unknown")]);

const recordedChange = z.object({
  address: z.string(),
  /** Address before a move. */
  previousAddress: z.string().optional(),
  /** Key of a deposed object, which shares its address with the object that replaced it. */
  deposed: z.string().optional(),
  actions: z.array(z.enum(["no-op", "create", "read", "update", "delete", "forget"])),
  /** Id that an import takes in. */
  importing: fingerprint.optional(),
  /**
   * Changed paths, as JSON pointers, with the fingerprints of the old and new value; for a create every
   * path with its new value, for a delete the identity of what goes.
   */
  values: z.record(z.string(), z.object({ before: fingerprint.optional(), after: fingerprint.optional() })),
  /** Paths that force a replacement. */
  replacePaths: z.array(z.string()),
});

export const planRecordSchema = z.object({
  /** Major version; a reader refuses every other. */
  version: z.literal(1),
  stack: z.string(),
  operation: z.enum(["apply", "destroy"]),
  backend: z.object({ bucket: z.string(), key: z.string(), workspace: z.string() }),
  digest: z.string().regex(/^sha256:[0-9a-f]{64}$/),
  /** Tree and commits that were planned. */
  tree: z.string(),
  commit: z.string(),
  head: z.string(),
  base: z.string().optional(),
  pullRequest: z.number().int().positive().optional(),
  /** State that was planned against; undefined before the first apply. */
  state: z.object({ lineage: z.string(), serial: z.number() }).optional(),
  terraform: z.string(),
  /** Digest of the provider lock file, or undefined when there is none. */
  providerLock: z.string().optional(),
  run: z.object({ id: z.string(), attempt: z.number(), workflow: z.string() }),
  createdAt: z.iso.datetime(),
  /** 32 random bytes, hex. */
  key: z.string().regex(/^[0-9a-f]{64}$/),
  changes: z.array(recordedChange),
  outputs: z.array(
    z.object({ name: z.string(), actions: z.array(z.string()), before: fingerprint, after: fingerprint }),
  ),
});

export type PlanRecord = z.infer<typeof planRecordSchema>;
export type RecordedChange = z.infer<typeof recordedChange>;

/** Key of a record in the store. `digest` is `sha256:…`. */
export function recordKey(
  stack: string,
  digest: string,
  run: { readonly id: string; readonly attempt: number },
): string {
  return `${recordPrefix(stack, digest)}${run.id}-${run.attempt}.json`;
}

export function recordPrefix(stack: string, digest: string): string {
  return `records/${stack}/${digest.replace("sha256:", "")}/`;
}

/** Per stack, what was last applied. Written only after a verified apply, and conditionally. */
export const deploymentMarkerSchema = z.object({
  version: z.literal(1),
  stack: z.string(),
  digest: z.string().regex(/^sha256:[0-9a-f]{64}$/),
  commit: z.string(),
  operation: z.enum(["apply", "destroy"]),
  /** Serial of the state afterwards; undefined when there is no state. */
  serial: z.number().optional(),
  run: z.object({ id: z.string(), attempt: z.number() }),
  appliedAt: z.iso.datetime(),
});

export type DeploymentMarker = z.infer<typeof deploymentMarkerSchema>;

export function markerKey(stack: string): string {
  return `deployments/${stack}.json`;
}
