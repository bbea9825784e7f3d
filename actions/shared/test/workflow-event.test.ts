import { describe, expect, it } from "vitest";
import { type EventSource, parseEvent } from "../src/workflow-event.ts";

const sha = "a".repeat(40);

function pullRequest(change: {
  headRepository?: string | null;
  actor?: string;
  author?: string;
}): EventSource {
  const { headRepository = "acme/demo", actor = "ann", author = "ann" } = change;
  const head = { sha, repo: headRepository === null ? null : { full_name: headRepository } };
  const base = { sha: "b".repeat(40), repo: { full_name: "acme/demo" } };
  const payload = JSON.stringify({ pull_request: { number: 3, head, base, user: { login: author } } });
  return { name: "pull_request", payload, repository: "acme/demo", actor };
}

const untrusted = (source: EventSource) => {
  const event = parseEvent(source);
  return event.name === "pull_request" ? event.untrusted : "no pull request";
};

describe("parseEvent", () => {
  it("trusts a pull request of the repository itself", () => {
    expect(parseEvent(pullRequest({}))).toEqual({
      name: "pull_request",
      number: 3,
      headSha: sha,
      baseSha: "b".repeat(40),
      untrusted: undefined,
    });
    expect(untrusted(pullRequest({ headRepository: "Acme/Demo" }))).toBeUndefined();
  });

  it.each([
    [{ headRepository: "eve/demo" }, "the fork eve/demo"],
    [{ headRepository: null }, "gone or unknown"],
    [{ actor: "dependabot[bot]" }, "Dependabot"],
    [{ author: "dependabot[bot]" }, "Dependabot"],
  ])("does not trust %j, and says why", (change, word) => {
    expect(untrusted(pullRequest(change))).toContain(word);
  });

  it("knows the commit before a push, and that a new branch has none", () => {
    const push = (before: string) =>
      parseEvent({
        name: "push",
        payload: JSON.stringify({ before }),
        repository: "acme/demo",
        actor: "ann",
      });
    expect(push(sha)).toEqual({ name: "push", before: sha });
    expect(push("0".repeat(40))).toEqual({ name: "push", before: undefined });
  });

  it.each(["pull_request_target", "issue_comment", ""])("has no rule for %j", (name) => {
    expect(() => parseEvent({ name, payload: "{}", repository: "acme/demo", actor: "ann" })).toThrow(
      "there is no rule for the event",
    );
  });

  it.each([
    ["not json", "is not JSON"],
    ["{}", "lacks pull_request"],
    [
      JSON.stringify({ pull_request: { number: 1, head: { sha: "main" }, base: { sha } } }),
      "lacks pull_request.head.sha",
    ],
  ])("says what an event file lacks: %s", (payload, message) => {
    expect(() =>
      parseEvent({ name: "pull_request", payload, repository: "acme/demo", actor: "ann" }),
    ).toThrow(message);
  });
});
