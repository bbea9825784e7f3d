import * as core from "@actions/core";
import { ActionError } from "../../shared/src/action-error.ts";
import { createAssumeRole } from "../../shared/src/adapters/assume-role.ts";
import { addToSummary } from "../../shared/src/adapters/job-summary.ts";
import { createAttribution } from "../../shared/src/adapters/lock-attribution.ts";
import { openLockPlaces } from "../../shared/src/adapters/lock-places.ts";
import { openObjectStore } from "../../shared/src/adapters/s3-object-store.ts";
import { readStackMap } from "../../shared/src/adapters/stack-map-file.ts";
import { readStateDigest } from "../../shared/src/adapters/state-digest.ts";
import { systemClock } from "../../shared/src/adapters/system-clock.ts";
import { dropWriters } from "../../shared/src/lock-note.ts";
import type { Variables } from "../../shared/src/terraform.ts";
import type { Inputs } from "./inputs.ts";
import type { Deps } from "./run.ts";

/** Connects the action to the runner, AWS and GitHub. */
export function realDeps(inputs: Inputs, env: Variables): Deps {
  const token = inputs["github-token"];
  const { GITHUB_WORKSPACE = ".", GITHUB_REPOSITORY: repository = "", GITHUB_RUN_ID: id = "" } = env;
  return {
    readMap: (path) => readStackMap(GITHUB_WORKSPACE, path),
    assumeRole: createAssumeRole({ mask: core.setSecret, log: core.info }),
    openPlaces: openLockPlaces,
    attribution: ({ stack, map }, credentials) =>
      createAttribution({ stack: stack.id, store: map.store, credentials, token }),
    dropRuns: async ({ stack, map }, credentials, runs) => {
      try {
        const store = await openObjectStore({ ...map.store, credentials });
        await dropWriters(
          store,
          stack.id,
          runs.map((run) => ({ run })),
        );
      } catch (error) {
        if (!(error instanceof ActionError)) throw error;
        core.info(`The stack's lock note stays as it is: ${error.message}`);
      }
    },
    readDigest: readStateDigest,
    keepAudit: (title, text) => keepAudit({ token, repository, title, text }),
    actor: env["GITHUB_TRIGGERING_ACTOR"] ?? env["GITHUB_ACTOR"] ?? "",
    run: { id, url: `${env["GITHUB_SERVER_URL"] ?? "https://github.com"}/${repository}/actions/runs/${id}` },
    clock: systemClock,
    log: core.info,
    summary: addToSummary,
  };
}

interface AuditIssue {
  readonly token: string | undefined;
  readonly repository: string;
  readonly title: string;
  readonly text: string;
}

/** The lock is gone by then, so that the issue could not be written is a warning. */
async function keepAudit({ token, repository, title, text }: AuditIssue): Promise<string | undefined> {
  if (token === undefined) return undefined;
  const [{ openGitHub }, { keepInIssue }] = await Promise.all([
    import("../../shared/src/adapters/github.ts"),
    import("../../shared/src/adapters/audit-issues.ts"),
  ]);
  try {
    return await keepInIssue(await openGitHub({ token }), repository, { title, text });
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    core.warning(`The audit line is in this job's summary only, and in no issue (\`issues: write\`): ${why}`);
    return undefined;
  }
}
