import { z } from "zod";

/**
 * Which runs may be writing a stack's state just now: kept beside the deployment marker, written by apply
 * before Terraform takes the lock and taken back when it has ended. It is no lock and excludes nobody: it only
 * says which run a lock belongs to, since Terraform's own lock names a user and a machine.
 */
export const lockWriterSchema = z.object({
  run: z.object({
    id: z.string().regex(/^\d{1,20}$/),
    attempt: z.number().int().positive(),
    url: z.string().regex(/^https?:\/\/[\w.:-]+\/[\w.-]+\/[\w.-]+\/actions\/runs\/\d{1,20}$/),
  }),
  /** `user@machine`, as Terraform will write it into the lock. */
  who: z.string().max(300),
  startedAt: z.iso.datetime(),
});
export type LockWriter = z.infer<typeof lockWriterSchema>;

export const lockNoteSchema = z.object({
  /** Major version; a reader refuses every other. */
  version: z.literal(1),
  stack: z.string(),
  writers: z.array(lockWriterSchema).max(100),
});

export function lockNoteKey(stack: string): string {
  return `deployments/${stack}.writers`;
}
