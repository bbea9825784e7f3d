import { z } from "zod";

/**
 * What detect-changes found: written once as `detection.json`, read by the jobs after it, above all by
 * comment and gate, which hold every stack named here to a result.
 */
const detectedStack = z.object({
  id: z.string(),
  environment: z.string(),
  wave: z.number().int().min(1).max(5),
  /** Why it was selected (or not), for a person. */
  reason: z.string(),
});

const removedStack = z.object({
  id: z.string(),
  environment: z.string(),
  /** Where its state is and who may look, from the base's map: nothing else knows it any more. */
  state: z.object({ bucket: z.string(), key: z.string(), region: z.string() }).optional(),
  region: z.string().optional(),
  planRole: z.string().optional(),
});

export const detectionSchema = z.object({
  version: z.literal(1),
  event: z.enum(["pull_request", "merge_group", "push", "workflow_dispatch", "schedule"]),
  /** Commit whose tree is planned or applied: on a pull request the merge commit. */
  commit: z.string(),
  head: z.string(),
  /** Merge base; undefined when it is unknown, and then every stack is affected. */
  base: z.string().optional(),
  pullRequest: z.number().int().positive().optional(),
  affected: z.array(detectedStack),
  /** A path filter matched but the configuration is the same. */
  unchanged: z.array(detectedStack),
  /** Stacks of the base's map that the head's lacks. */
  removed: z.array(removedStack),
  warnings: z.array(z.string()),
  /** Set when this run gets no credentials: a fork's or Dependabot's pull request. The word why. */
  untrusted: z.string().optional(),
});

export type Detection = z.infer<typeof detectionSchema>;
export type RemovedStack = z.infer<typeof removedStack>;
export type DetectedStack = z.infer<typeof detectedStack>;

/** One job's work: the stacks of one environment, in order. The matrix of a workflow is a list of these. */
export interface Shard {
  /** Unique within the run and fit for an artifact's name. */
  readonly name: string;
  readonly environment: string;
  /** Ids, separated by spaces. */
  readonly stacks: string;
  /** Concurrency group of an apply job: the backend of a single stack, or the environment of several. */
  readonly group: string;
}
