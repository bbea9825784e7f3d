import { readFile } from "node:fs/promises";
import { resolve } from "node:path";
import { z } from "zod";
import { ActionError } from "../action-error.ts";
import { type Detection, detectionSchema } from "../contracts/detection.ts";
import type { RunContext } from "../ports/run-context.ts";
import type { Variables } from "../terraform.ts";

const variables = z.object({
  GITHUB_RUN_ID: z.string().regex(/^\d+$/),
  GITHUB_RUN_ATTEMPT: z.coerce.number().int().positive().default(1),
  GITHUB_REPOSITORY: z.string().min(1),
  GITHUB_SERVER_URL: z.string().default("https://github.com"),
  GITHUB_WORKFLOW: z.string().default(""),
  GITHUB_SHA: z.string().regex(/^[0-9a-f]{40}([0-9a-f]{24})?$/),
  GITHUB_EVENT_PATH: z.string().optional(),
});

const payload = z.object({
  pull_request: z
    .object({
      number: z.number().int().positive(),
      head: z.object({ sha: z.string() }),
      base: z.object({ sha: z.string() }),
    })
    .optional(),
});

/** From the runner's variables, and from what detect-changes found, or else from the event. */
export async function readRunContext(
  env: Variables,
  { workspace, detection }: { readonly workspace: string; readonly detection: string | undefined },
): Promise<RunContext> {
  const parsed = variables.safeParse(env);
  if (!parsed.success) {
    const names = parsed.error.issues.map((issue) => issue.path.join(".")).join(", ");
    throw new ActionError(`These variables of the runner are missing or have no sensible value: ${names}`, {
      hint: "This action runs in a job of GitHub Actions.",
    });
  }
  const runner = parsed.data;
  const run = {
    id: runner.GITHUB_RUN_ID,
    attempt: runner.GITHUB_RUN_ATTEMPT,
    url: `${runner.GITHUB_SERVER_URL}/${runner.GITHUB_REPOSITORY}/actions/runs/${runner.GITHUB_RUN_ID}`,
    workflow: runner.GITHUB_WORKFLOW,
  };
  if (detection !== undefined) {
    const { commit, head, base, pullRequest } = await readDetection(resolve(workspace, detection), detection);
    return { run, commit, head, base, pullRequest };
  }
  const event = await readPayload(runner.GITHUB_EVENT_PATH);
  return {
    run,
    commit: runner.GITHUB_SHA,
    head: event?.head.sha ?? runner.GITHUB_SHA,
    base: event?.base.sha,
    pullRequest: event?.number,
  };
}

/** What detect-changes wrote. `name` is what errors call the file. */
export async function readDetection(file: string, name: string): Promise<Detection> {
  const text = await readFile(file, "utf8").catch((cause: unknown) => {
    throw new ActionError(`input "detection": there is no file ${name}`, {
      hint: "Download the artifact of detect-changes before this step.",
      cause,
    });
  });
  const parsed = detectionSchema.safeParse(parseJson(text));
  if (parsed.success) return parsed.data;
  throw new ActionError(`input "detection": ${name} is not what detect-changes writes`, {
    hint: "Use detect-changes and this action in the same version.",
  });
}

async function readPayload(file: string | undefined) {
  if (file === undefined) return undefined;
  return payload.safeParse(parseJson(await readFile(file, "utf8"))).data?.pull_request;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
