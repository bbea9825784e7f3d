import { expect, test } from "vitest";
import { Git } from "../../shared/src/adapters/git.ts";
import { recordLinkKey } from "../../shared/src/contracts/plan-record.ts";
import { parseStackMap } from "../../shared/src/contracts/stack-map.ts";
import { concerns } from "../../shared/src/path-filters.ts";
import type { ObjectStore } from "../../shared/src/ports/object-store.ts";
import { stackMapText } from "../../shared/test/deployment.ts";
import { TemporaryRepository } from "../../shared/test/temporary-repository.ts";
import { whyUnreviewed } from "../src/queue.ts";

const stack = parseStackMap(stackMapText({ stacks: { app: "" } }), "map").stacks.get("app") ?? expect.fail();
const sha256 = (letter: string) => `sha256:${letter.repeat(64)}`;
const combined = sha256("c");

/** Main with two pull requests of one stack and one of another folder, put together as a queue does. */
function queueOf(how: "merge" | "squash" | "rebase", branches: readonly string[]) {
  const repository = TemporaryRepository.create({ "app/base.tf": "0", "docs/x.md": "0" });
  const base = repository.git("rev-parse", "main");
  const heads: Record<string, string> = {};
  for (const [name, file] of Object.entries({ one: "app/one.tf", two: "app/two.tf", docs: "docs/x.md" })) {
    repository.git("checkout", "--quiet", "-b", name, "main");
    repository.commit({ [file]: `${name}, begun` });
    heads[name] = repository.commit({ [file]: name });
  }
  repository.git("checkout", "--quiet", "--detach", "main");
  for (const branch of branches) {
    if (how === "rebase") repository.git("cherry-pick", `main..${branch}`);
    else repository.git("merge", "--quiet", how === "merge" ? "--no-ff" : "--squash", branch);
    if (how === "squash") repository.commit({}, branch);
  }
  return { repository, base, heads, commit: repository.git("rev-parse", "HEAD") };
}

/** A store that can be listed, as the plan role can; reading fails. */
function storeOf(links: readonly { head: string; tree?: string; digest?: string }[]): ObjectStore {
  const keys = links.map(({ head, tree = "0".repeat(40), digest = sha256("a") }, index) =>
    recordLinkKey("app", { head, tree, digest, run: { id: String(index + 1), attempt: 1 } }),
  );
  return {
    list: async (prefix) => keys.filter((key) => key.startsWith(prefix)),
    read: () => Promise.reject(new Error("the plan role reads no records")),
    write: () => Promise.reject(new Error("nothing is to be written")),
  };
}

function ask(
  { repository, base, commit }: ReturnType<typeof queueOf>,
  links: Parameters<typeof storeOf>[0],
  more: { readonly base?: undefined } = {},
) {
  const history = new Git(repository.folder);
  return whyUnreviewed({
    stack,
    digest: combined,
    base,
    commit,
    store: storeOf(links),
    history,
    concerns,
    ...more,
  });
}

test("a configuration that a pull request planned passes, however it was merged", async () => {
  const queue = queueOf("squash", ["one"]);
  using _ = queue.repository;
  expect(await ask(queue, [{ head: "f".repeat(40), digest: combined }])).toBeUndefined();
  expect(await ask(queue, [{ head: "f".repeat(40), digest: combined }], { base: undefined })).toBeUndefined();
  expect(await ask(queue, [])).toContain("no pull request has a plan of this configuration");
  expect(await ask(queue, [], { base: undefined })).toBe("no pull request has a plan of this configuration");
});

test.each(["merge", "squash", "rebase"] as const)(
  "pull requests that meet in a stack by a %s pass when each has a plan, and what does not concern it needs none",
  async (how) => {
    const queue = queueOf(how, ["one", "docs", "two"]);
    using _ = queue.repository;
    const [one = "", two = ""] = [queue.heads["one"], queue.heads["two"]];
    expect(await ask(queue, [{ head: one }, { head: two }])).toBeUndefined();
    expect(await ask(queue, [{ head: two }])).toMatch(/what [0-9a-f]{7} brings has none of its own$/);
    expect(await ask(queue, [{ head: one }])).toMatch(/what [0-9a-f]{7} brings has none of its own$/);
  },
);

test("what a squash holds beside the planned head, or before its newest commit, is nobody's", async () => {
  const queue = queueOf("squash", ["one"]);
  using _ = queue.repository;
  const [one = ""] = [queue.heads["one"]];
  queue.repository.git("branch", "begun", `${one}~1`);
  const begun = queue.repository.git("rev-parse", "begun");
  expect(await ask(queue, [{ head: begun }])).toContain("has none of its own");
  queue.repository.git("checkout", "--quiet", "--detach", queue.commit);
  const more = { ...queue, commit: queue.repository.commit({ "app/more.tf": "1" }) };
  expect(await ask(more, [{ head: one }])).toContain("has none of its own");
});

test("a squashed pull request is known by its tree", async () => {
  const queue = queueOf("squash", ["docs", "one"]);
  using _ = queue.repository;
  const tree = queue.repository.git("rev-parse", "HEAD^{tree}");
  expect(await ask(queue, [{ head: "f".repeat(40), tree }])).toBeUndefined();
});
