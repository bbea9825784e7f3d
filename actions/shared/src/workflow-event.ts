import { z } from "zod";
import { ActionError } from "./action-error.ts";

/** What started the workflow, as far as detection needs it. Parsed from the runner's event file. */
export type WorkflowEvent =
  | {
      readonly name: "pull_request";
      readonly number: number;
      readonly headSha: string;
      readonly baseSha: string;
      /** Why this run gets no credentials; undefined when it does. */
      readonly untrusted: string | undefined;
    }
  | { readonly name: "merge_group"; readonly baseSha: string }
  | { readonly name: "push"; readonly before: string | undefined }
  | { readonly name: "workflow_dispatch" }
  | { readonly name: "schedule" };

export interface EventSource {
  readonly name: string;
  /** Text of the event file. */
  readonly payload: string;
  /** `owner/name` of the repository that the workflow runs in. */
  readonly repository: string;
  readonly actor: string;
}

const sha = z.string().regex(/^[0-9a-f]{40}([0-9a-f]{24})?$/);
const login = z.object({ login: z.string() });
const side = z.object({ sha, repo: z.object({ full_name: z.string() }).nullish() });

const pullRequestPayload = z.object({
  pull_request: z.object({
    number: z.number().int().positive(),
    head: side,
    base: side,
    user: login.nullish(),
  }),
});
const mergeGroupPayload = z.object({ merge_group: z.object({ base_sha: sha }) });
const pushPayload = z.object({ before: z.string().optional() });

const dependabot = "dependabot[bot]";

/** Throws ActionError for an event that detection has no rule for, and for one it cannot read. */
export function parseEvent(source: EventSource): WorkflowEvent {
  switch (source.name) {
    case "pull_request":
      return pullRequestEvent(source);
    case "merge_group":
      return { name: "merge_group", baseSha: parse(mergeGroupPayload, source).merge_group.base_sha };
    case "push": {
      const before = sha.safeParse(parse(pushPayload, source).before);
      return { name: "push", before: before.success && !/^0+$/.test(before.data) ? before.data : undefined };
    }
    case "workflow_dispatch":
    case "schedule":
      return { name: source.name };
    default:
      throw new ActionError(`there is no rule for the event ${JSON.stringify(source.name)}`, {
        hint: "Use pull_request, merge_group, push, workflow_dispatch or schedule. pull_request_target would give code from forks this repository's credentials.",
      });
  }
}

function pullRequestEvent(source: EventSource): WorkflowEvent {
  const { number, head, base, user } = parse(pullRequestPayload, source).pull_request;
  return {
    name: "pull_request",
    number,
    headSha: head.sha,
    baseSha: base.sha,
    untrusted: untrustedReason(head.repo?.full_name, [source.actor, user?.login ?? ""], source.repository),
  };
}

function untrustedReason(
  headRepository: string | undefined,
  people: readonly string[],
  repository: string,
): string | undefined {
  if (headRepository === undefined)
    return "The repository that this pull request comes from is gone or unknown, so it is treated as a fork and gets no credentials.";
  if (headRepository.toLowerCase() !== repository.toLowerCase())
    return `This pull request comes from the fork ${headRepository}; a plan runs its code, so it gets no credentials. A maintainer who trusts it can push it as a branch of this repository.`;
  if (people.includes(dependabot))
    return "This pull request is Dependabot's; GitHub gives its runs no credentials. A maintainer can bring the change in by a branch of their own to have it planned.";
  return undefined;
}

function parse<Schema extends z.ZodType>(schema: Schema, { name, payload }: EventSource): z.infer<Schema> {
  let content: unknown;
  try {
    content = JSON.parse(payload);
  } catch (cause) {
    throw new ActionError(`the event file of this ${name} run is not JSON`, { cause });
  }
  const parsed = schema.safeParse(content);
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0];
  throw new ActionError(
    `the event file of this ${name} run lacks ${issue?.path.join(".") ?? "what it must hold"}: ${issue?.message}`,
  );
}
