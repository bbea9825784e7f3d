import { z } from "zod";
import { ActionError } from "./action-error.ts";
import {
  type PlanRecord,
  parseRecordLink,
  planRecordSchema,
  type RecordLink,
  recordKey,
  recordLinkKey,
  recordLinkPrefix,
  recordPrefix,
} from "./contracts/plan-record.ts";
import type { ObjectStore } from "./ports/object-store.ts";

/**
 * Keeps a record, and the link by which the merge of its pull request leads to it. One run and attempt writes
 * one record per stack and configuration, and never changes it.
 */
export async function writeRecord(store: ObjectStore, record: PlanRecord): Promise<void> {
  const key = recordKey(record.stack, record.digest, record.run);
  if (await store.write(key, JSON.stringify(planRecordSchema.parse(record)), { ifMatch: undefined })) {
    if (record.pullRequest !== undefined)
      await store.write(recordLinkKey(record.stack, record), "{}", { ifMatch: undefined });
    return;
  }
  throw new ActionError(`This run has planned ${record.stack} already: there is a plan record ${key}`, {
    hint: "Plan each stack in one job of a run only, or run the job again, which makes a new attempt.",
  });
}

/** Every record of a stack's configuration. One that cannot be read is an error, never skipped. */
export async function readRecords(store: ObjectStore, stack: string, digest: string): Promise<PlanRecord[]> {
  const keys = await store.list(recordPrefix(stack, digest));
  return Promise.all(keys.map((key) => readRecord(store, { key, stack, digest })));
}

/** The links of a stack's records, whatever they were planned for. */
export async function listRecordLinks(store: ObjectStore, stack: string): Promise<RecordLink[]> {
  const keys = await store.list(recordLinkPrefix(stack));
  return keys.flatMap((key) => parseRecordLink(stack, key) ?? []);
}

/** The record that a link names. One that does not say the same is an error. */
export async function readLinkedRecord(
  store: ObjectStore,
  stack: string,
  link: RecordLink,
): Promise<PlanRecord> {
  const { digest, head, tree, run } = link;
  const key = recordKey(stack, digest, run);
  const record = await readRecord(store, { key, stack, digest });
  if (record.head !== head || record.tree !== tree)
    throw unreadable(key, "its head or tree is not that of the link to it");
  return record;
}

interface Place {
  readonly key: string;
  readonly stack: string;
  readonly digest: string;
}

async function readRecord(store: ObjectStore, { key, stack, digest }: Place): Promise<PlanRecord> {
  const object = await store.read(key);
  if (object === undefined) throw unreadable(key, "it is gone");
  const document = parseJson(key, object.body);
  const version = z.object({ version: z.unknown() }).safeParse(document).data?.version;
  if (version !== 1)
    throw unreadable(key, `its version is ${JSON.stringify(version)}; this action reads version 1`);
  const parsed = planRecordSchema.safeParse(document);
  if (!parsed.success) throw unreadable(key, parsed.error.issues[0]?.path.join(".") ?? "unknown shape");
  const record = parsed.data;
  if (record.stack !== stack || record.digest !== digest || recordKey(stack, digest, record.run) !== key)
    throw unreadable(key, "what it says it is of does not fit the place it is in");
  return record;
}

function parseJson(key: string, text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw unreadable(key, "it is no valid JSON");
  }
}

function unreadable(key: string, what: string): ActionError {
  return new ActionError(`The plan record ${key} cannot be read: ${what}`, {
    hint: "Nothing was applied. Plan the stack again with this version of the actions; remove the record if it is damaged.",
  });
}
