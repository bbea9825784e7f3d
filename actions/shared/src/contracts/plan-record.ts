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
  /** Configuration of the providers. A record without it counts for its own configuration digest alone. */
  providers: fingerprint.optional(),
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

/** By what git knows of a record: the pull request's head, and the tree that main would have. */
export interface RecordLink {
  readonly head: string;
  readonly tree: string;
  readonly digest: string;
  readonly run: { readonly id: string; readonly attempt: number };
}

/** Key of the empty object that leads from a commit of main to a record; its name says everything. */
export function recordLinkKey(stack: string, { head, tree, digest, run }: RecordLink): string {
  return `${recordLinkPrefix(stack)}${head}-${tree}-${digest.replace("sha256:", "")}-${run.id}-${run.attempt}.json`;
}

export function recordLinkPrefix(stack: string): string {
  return `records/${stack}/links/`;
}

/** Undefined for a key below the prefix that is no link of this stack. */
export function parseRecordLink(stack: string, key: string): RecordLink | undefined {
  const match = /^([0-9a-f]{40,64})-([0-9a-f]{40,64})-([0-9a-f]{64})-(\d+)-(\d+)\.json$/.exec(
    key.slice(recordLinkPrefix(stack).length),
  );
  if (match === null) return undefined;
  const [, head = "", tree = "", digest = "", id = "", attempt] = match;
  return { head, tree, digest: `sha256:${digest}`, run: { id, attempt: Number(attempt) } };
}

const deployment = z.object({
  digest: z.string().regex(/^sha256:[0-9a-f]{64}$/),
  appliedAt: z.iso.datetime(),
});

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
  /** Other configurations that were deployed before, with the last time; as far back as records live. */
  earlier: z.array(deployment).optional(),
  /**
   * An apply that has begun since, and did not end: the stack may be anything between the two, also when
   * main is back at `digest`. Whatever ends well drops it.
   */
  begun: z.object({ commit: z.string(), run: z.object({ id: z.string(), attempt: z.number() }) }).optional(),
});

export type DeploymentMarker = z.infer<typeof deploymentMarkerSchema>;

/** Records expire before this. */
export const deploymentsKeptDays = 200;

export function markerKey(stack: string): string {
  return `deployments/${stack}.json`;
}
