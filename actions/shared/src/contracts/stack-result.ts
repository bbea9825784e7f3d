import { z } from "zod";

/**
 * What one job did with one stack. Travels as `<results>/<stack with dashes>.json` in an artifact from plan
 * and apply to comment, so it holds nothing secret and no digest of a value: sensitive values are masked
 * before they get here.
 */
export const changeAction = z.enum([
  "create",
  "update",
  "replace",
  "delete",
  "read",
  "import",
  "move",
  "forget",
]);
export type ChangeAction = z.infer<typeof changeAction>;

const renderedChange = z.object({
  address: z.string(),
  action: changeAction,
  /** Lines that begin with "+", "-", "~" or a space; values masked and cut to a sensible length. */
  diff: z.array(z.string()),
  /** Paths that force the replacement. */
  forcedBy: z.array(z.string()),
});

const trippedGuard = z.object({
  rule: z.enum(["protected-type", "max-deletes", "unknown-policy"]),
  /** For a person; nothing secret in it. */
  message: z.string(),
});
export type TrippedGuard = z.infer<typeof trippedGuard>;

/**
 * no-changes  nothing to do            changes     a plan that would change something
 * applied     reviewed and applied     refused     found more than was reviewed; nothing applied
 * unreviewed  no record to hold it to; nothing applied
 * outdated    a newer commit is already deployed; nothing applied
 * locked      the state lock is held   failed      an error
 */
export const stackStatus = z.enum([
  "no-changes",
  "changes",
  "applied",
  "refused",
  "unreviewed",
  "outdated",
  "locked",
  "failed",
]);
export type StackStatus = z.infer<typeof stackStatus>;

export const stackResultSchema = z.object({
  version: z.literal(1),
  stack: z.string(),
  environment: z.string(),
  operation: z.enum(["plan", "apply", "destroy"]),
  status: stackStatus,
  /** Configuration digest, `sha256:…`. Empty when it failed before the folder could be read. */
  digest: z.string(),
  commit: z.string(),
  counts: z.object({
    create: z.number(),
    update: z.number(),
    replace: z.number(),
    delete: z.number(),
    import: z.number(),
    move: z.number(),
    forget: z.number(),
  }),
  changes: z.array(renderedChange),
  outputs: z.array(z.object({ name: z.string(), action: changeAction })),
  /** Reviewed changes that this apply found already done. */
  alreadyDone: z.array(z.string()),
  /** For `refused`: what was found and not reviewed, a line each, ready to be shown. */
  differences: z.array(z.string()),
  /** What in the plan needs a person's word; absent: nothing. */
  guards: z.array(trippedGuard).optional(),
  /** Why this plan must be made again before anybody relies on it. */
  outdated: z.string().optional(),
  /** State object before and after, where known. */
  state: z.object({ key: z.string(), lineage: z.string(), serial: z.number() }).optional(),
  error: z.object({ message: z.string(), hint: z.string().optional() }).optional(),
  run: z.object({ id: z.string(), attempt: z.number(), url: z.string() }),
  /** Whole milliseconds per phase: credentials, lock, init, plan, show, compare, apply. */
  timings: z.record(z.string(), z.number()),
});

export type StackResult = z.infer<typeof stackResultSchema>;
export type RenderedChange = z.infer<typeof renderedChange>;

export const noCounts: StackResult["counts"] = {
  create: 0,
  update: 0,
  replace: 0,
  delete: 0,
  import: 0,
  move: 0,
  forget: 0,
};
