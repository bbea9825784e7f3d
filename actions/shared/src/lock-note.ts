import { ActionError } from "./action-error.ts";
import { type LockWriter, lockNoteKey, lockNoteSchema, lockWriterSchema } from "./contracts/lock-note.ts";
import type { LockHolder } from "./ports/locks.ts";
import type { ObjectStore } from "./ports/object-store.ts";

/** Enough for every run that can be at one stack; what is older is long over. */
const mostWriters = 20;
const tries = 5;

interface StoredNote {
  readonly writers: readonly LockWriter[];
  readonly etag: string | undefined;
}

/** Runs that have noted themselves and have not taken it back. ActionError where the note cannot be read. */
export async function readWriters(store: ObjectStore, stack: string): Promise<readonly LockWriter[]> {
  return (await readNote(store, stack)).writers;
}

/** Notes a run before Terraform takes the lock. ActionError for a run that no reader would take. */
export async function noteWriter(store: ObjectStore, stack: string, writer: LockWriter): Promise<void> {
  const faults = lockWriterSchema.safeParse(writer).error?.issues ?? [];
  if (faults.length > 0)
    throw new ActionError(
      `not written: ${faults.map((fault) => fault.path.join(".")).join(", ")} cannot be noted`,
    );
  await change(store, stack, (writers) => [...writers.filter((other) => !same(other, writer)), writer]);
}

/** Takes runs off the note: they hold no lock any more. */
export function dropWriters(
  store: ObjectStore,
  stack: string,
  gone: readonly Pick<LockWriter, "run">[],
): Promise<void> {
  return change(store, stack, (writers) =>
    writers.filter((writer) => !gone.some((other) => same(other, writer))),
  );
}

function same(left: Pick<LockWriter, "run">, right: Pick<LockWriter, "run">): boolean {
  return left.run.id === right.run.id && left.run.attempt === right.run.attempt;
}

async function change(
  store: ObjectStore,
  stack: string,
  edit: (writers: readonly LockWriter[]) => readonly LockWriter[],
): Promise<void> {
  for (let round = 1; round <= tries; round++) {
    const { writers, etag } = await readNote(store, stack);
    const edited = edit(writers).slice(-mostWriters);
    if (JSON.stringify(edited) === JSON.stringify(writers)) return;
    const body = JSON.stringify({ version: 1, stack, writers: edited });
    if (await store.write(lockNoteKey(stack), body, { ifMatch: etag })) return;
  }
  throw new ActionError(`${lockNoteKey(stack)} is being written by others all the time`);
}

async function readNote(store: ObjectStore, stack: string): Promise<StoredNote> {
  const object = await store.read(lockNoteKey(stack));
  if (object === undefined) return { writers: [], etag: undefined };
  const parsed = lockNoteSchema.safeParse(parseJson(object.body));
  if (parsed.success && parsed.data.stack === stack)
    return { writers: parsed.data.writers, etag: object.etag };
  throw new ActionError(`${lockNoteKey(stack)} cannot be read: it has an unknown shape or version`, {
    hint: "Use the version of the actions that wrote it, or remove it: it only says which run a lock belongs to.",
  });
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** Credentials end after twelve hours at most, and waiting for the lock after six. */
const longestAheadMilliseconds = 24 * 3_600_000;

/**
 * Runs that a lock may belong to: noted on the same machine by the same user, before the lock was made. Several
 * where machines have the same name; then whichever of them still runs may be the one.
 */
export function writersOf(holder: LockHolder, writers: readonly LockWriter[]): LockWriter[] {
  const created = Date.parse(holder.created);
  return writers.filter(({ who, startedAt }) => {
    const ahead = created - Date.parse(startedAt);
    return who === holder.who && ahead >= 0 && ahead <= longestAheadMilliseconds;
  });
}
