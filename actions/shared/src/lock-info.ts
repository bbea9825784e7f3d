import { z } from "zod";
import { oneLine } from "./one-line.ts";
import type { LockHolder } from "./ports/locks.ts";

/** Who held it may come from anybody who can write to the bucket, so it is cut and kept on one line. */
const shown = z.string().transform((text) => oneLine(text, 200));

const lockInfo = z.object({
  ID: z.string().regex(/^[\w-]{1,64}$/),
  Operation: shown,
  Who: shown,
  Version: shown,
  Created: shown,
  Path: shown,
});

/** Reads lock information as Terraform and OpenTofu write it; a string says why it is none. */
export function parseLockInfo(text: string, kind: LockHolder["kind"]): LockHolder | string {
  if (text.trim() === "") return "it is empty";
  const parsed = lockInfo.safeParse(jsonOf(text));
  if (!parsed.success) return "it is not lock information as Terraform writes it";
  const { ID, Operation, Who, Version, Created, Path } = parsed.data;
  return { id: ID, operation: Operation, who: Who, version: Version, created: Created, path: Path, kind };
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
