import { z } from "zod";

/** Objects of GitHub's API, as far as the rehearsal looks at them. */

export interface WorkflowRun {
  readonly id: number;
  readonly name: string;
  readonly path: string;
  readonly event: string;
  readonly head_sha: string;
  readonly head_branch: string;
  readonly run_attempt: number;
  readonly status: "in_progress" | "completed";
  readonly conclusion: string | null;
  readonly created_at: string;
}

export const commentsSchema = z.array(
  z.object({
    id: z.number(),
    user: z.object({ login: z.string() }),
    body: z.string(),
    created_at: z.string(),
    updated_at: z.string(),
  }),
);
export type Comment = z.infer<typeof commentsSchema>[number];

export const issuesSchema = z.array(
  z.object({
    number: z.number(),
    title: z.string(),
    body: z.string().nullish(),
    state: z.enum(["open", "closed"]),
    labels: z.array(z.object({ name: z.string() })),
    pull_request: z.unknown().optional(),
  }),
);
export type Issue = z.infer<typeof issuesSchema>[number];
