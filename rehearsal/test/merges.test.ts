import { expect, test } from "vitest";
import { MergeScene } from "./merge-scene.ts";

/** Main deployed with a = x:0, by a pull request of its own. */
async function scene(): Promise<MergeScene> {
  const made = new MergeScene();
  made.branch("zero", { base: "x:0" });
  await made.plan("zero", 1);
  made.merge("zero", "squash");
  expect(await made.deploy()).toBe("applied");
  return made;
}

const failing = { kind: "error", after: 1 } as const;

test.each(["merge", "squash", "rebase", "cherry-pick"] as const)(
  "what a pull request planned is applied, by a %s too",
  async (how) => {
    using it = await scene();
    it.branch("topic", { a: "x:1", b: "x:1" });
    expect(await it.plan("topic", 2)).toBe("changes");
    it.merge("topic", how);
    expect(await it.deploy()).toBe("applied");
    expect(it.deployed).toMatchObject({ a: "x:1", b: "x:1" });
    expect(await it.deploy()).toBe("nothing to do");
    expect(await it.apply(it.main)).toBe("no-changes");
  },
);

test("main that moved elsewhere changes nothing about it", async () => {
  using it = await scene();
  it.branch("topic", { b: "x:1" });
  await it.plan("topic", 2);
  it.repository.git("checkout", "--quiet", "main");
  it.repository.commit({ "README.md": "elsewhere" });
  it.merge("topic", "squash");
  expect(await it.deploy()).toBe("applied");
});

test("a direct push, and a merge past the checks, are told and not applied; the next plan takes them along", async () => {
  using it = await scene();
  it.push({ b: "x:1" });
  expect(await it.deploy()).toBe("unreviewed");
  it.branch("unplanned", { c: "x:1" });
  it.merge("unplanned", "merge");
  expect(await it.deploy()).toBe("unreviewed");
  it.branch("topic", { d: "x:1" });
  await it.plan("topic", 2);
  it.merge("topic", "squash");
  expect(await it.deploy()).toBe("applied");
  expect(it.settled).toBe(true);
});

test("a revert has the record of its own pull request, not the one of what it goes back to", async () => {
  using it = await scene();
  it.branch("topic", { b: "x:1" });
  await it.plan("topic", 2);
  it.merge("topic", "squash");
  await it.deploy();
  it.branch("back", { b: null });
  expect(await it.plan("back", 3)).toBe("changes");
  it.merge("back", "rebase");
  expect(await it.deploy()).toBe("applied");
  expect(it.deployed["b"]).toBeUndefined();

  it.revertHead();
  expect(await it.deploy()).toBe("refused");
  expect(it.deployed["b"]).toBeUndefined();
});

test("a plan that a newer one of its pull request replaced is spent when that one is deployed", async () => {
  using it = await scene();
  it.branch("topic", { b: "x:1" });
  await it.plan("topic", 2);
  it.repository.git("checkout", "--quiet", "topic");
  it.repository.commit({ "app/b": "x:2" });
  await it.plan("topic", 2);
  it.merge("topic", "squash");
  expect(await it.deploy()).toBe("applied");
  it.branch("back", { b: null });
  await it.plan("back", 3);
  it.merge("back", "squash");
  expect(await it.deploy()).toBe("applied");
  it.push({ b: "x:1" });
  expect(await it.deploy()).toBe("refused");
  expect(it.deployed["b"]).toBeUndefined();
});

test("a revert before the deploy leaves nothing to do, and the reverted commit is not applied after it", async () => {
  using it = await scene();
  it.branch("topic", { b: "x:1" });
  await it.plan("topic", 2);
  it.merge("topic", "squash");
  const reverted = it.main;
  it.revertHead();
  expect(await it.deploy()).toBe("nothing to do");
  expect(await it.deploy(reverted)).toBe("outdated");
  expect(it.settled).toBe(true);
});

test("a revert of what was applied by half is not taken for deployed", async () => {
  using it = await scene();
  it.branch("topic", { b: "x:1", c: "x:1" });
  await it.plan("topic", 2);
  it.merge("topic", "squash");
  expect(await it.deploy(it.main, failing)).toBe("failed");
  expect(it.deployed).toMatchObject({ b: "x:1" });
  it.branch("back", { b: null, c: null });
  expect(await it.plan("back", 3)).toBe("changes");
  it.merge("back", "squash");
  expect(await it.deploy()).toBe("applied");
  expect(it.settled).toBe(true);
});

test("what failed is taken along by the next merge, and its own run again leaves it to that", async () => {
  using it = await scene();
  it.branch("one", { b: "x:1", c: "x:1" });
  await it.plan("one", 2);
  it.merge("one", "merge");
  const first = it.main;
  expect(await it.deploy(first, failing)).toBe("failed");
  it.branch("two", { d: "x:1" });
  await it.plan("two", 3);
  it.merge("two", "merge");
  expect(await it.apply(first)).toBe("outdated");
  expect(await it.deploy()).toBe("applied");
  expect(it.settled).toBe(true);
  expect(await it.apply(first)).toBe("outdated");
});

test("pull requests that a queue merges at once are applied together, each change as it was reviewed", async () => {
  using it = await scene();
  it.branch("before", { one: "x:0", two: "x:0", three: "x:0" });
  await it.plan("before", 2);
  it.merge("before", "squash");
  await it.deploy();
  for (const [index, name] of ["one", "two", "three"].entries()) {
    it.branch(name, { [name]: "x:1" });
    await it.plan(name, index + 3);
  }
  for (const name of ["one", "two", "three"]) it.merge(name, "merge");
  expect(await it.deploy()).toBe("applied");
  expect(it.settled).toBe(true);
});

test("pull requests that speak of the same resource differently are left to a person", async () => {
  using it = await scene();
  it.branch("one", { a: "x:1" });
  it.branch("two", { b: "x:1" }, "one");
  it.repository.git("checkout", "--quiet", "two");
  it.repository.commit({ "app/a": "x:2" });
  await it.plan("one", 2);
  await it.plan("two", 3);
  it.merge("one", "merge");
  await it.deploy();
  it.merge("two", "merge");
  expect(await it.deploy()).toBe("refused");
  expect(it.deployed).toMatchObject({ a: "x:1" });
});
