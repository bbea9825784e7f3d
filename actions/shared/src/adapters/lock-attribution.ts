import type { RecordStore } from "../contracts/stack-map.ts";
import type { Attribution } from "../lock-attribution.ts";
import { readWriters } from "../lock-note.ts";
import type { Credentials } from "../ports/credentials.ts";
import { openObjectStore } from "./s3-object-store.ts";
import { workflowRunStatus } from "./workflow-runs.ts";

export interface AttributionPlace {
  readonly stack: string;
  readonly store: RecordStore;
  readonly credentials: Credentials | undefined;
  /** Undefined: GitHub is not asked whether a run is over. */
  readonly token: string | undefined;
}

/** Whose lock it is: by the stack's note, and by GitHub's word on the runs that it names. */
export function createAttribution({ stack, store, credentials, token }: AttributionPlace): Attribution {
  return {
    writers: async () => readWriters(await openObjectStore({ ...store, credentials }), stack),
    runStatus: workflowRunStatus({ token, repository: process.env["GITHUB_REPOSITORY"] ?? "" }),
  };
}
