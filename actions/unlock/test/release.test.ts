import { expect, test } from "vitest";
import { ActionError } from "../../shared/src/action-error.ts";
import type { LockCopy, LockPlace } from "../../shared/src/ports/lock-places.ts";
import type { LockHolder } from "../../shared/src/ports/locks.ts";
import { findLock, HalfReleasedError, releaseFound } from "../src/release.ts";

type Kind = LockHolder["kind"];

/** A place whose lock the test can change between what is read and what is deleted. */
class Place implements LockPlace {
  readonly kind: Kind;
  readonly name: string;
  id: string | undefined;
  failure: ActionError | undefined;
  readonly deleted: string[] = [];

  constructor(kind: Kind, id: string | undefined) {
    this.kind = kind;
    this.name = `the ${kind}`;
    this.id = id;
  }

  async read(): Promise<LockCopy> {
    if (this.id === undefined) return { status: "free" };
    const { kind, id } = this;
    const rest = { operation: "", who: "", version: "", created: "", path: "" };
    return { status: "held", holder: { id, kind, ...rest }, revision: `revision of ${id}` };
  }

  async release(revision: string): Promise<boolean> {
    if (this.failure !== undefined) throw this.failure;
    if (this.id === undefined || revision !== `revision of ${this.id}`) return false;
    this.deleted.push(this.id);
    this.id = undefined;
    return true;
  }
}

function places(file: string | undefined, item: string | undefined) {
  const both = { file: new Place("lockfile", file), item: new Place("dynamodb", item) };
  return { ...both, all: [both.file, both.item] };
}

test("both places are released, the item first", async () => {
  const { file, item, all } = places("one", "one");
  const found = await findLock(all);
  item.failure = new ActionError("no");
  await expect(releaseFound(found, "one")).rejects.toThrow("no");
  expect(file.deleted).toEqual([]);
  item.failure = undefined;
  expect((await releaseFound(found, "one")).released).toEqual(["dynamodb", "lockfile"]);
});

test("a lock that was taken meanwhile is left alone and told of", async () => {
  const { file, item, all } = places("one", "one");
  const found = await findLock(all);
  file.id = "two";
  const { released, others } = await releaseFound(found, "one");
  expect(released).toEqual(["dynamodb"]);
  expect(others.map(({ id }) => id)).toEqual(["two"]);
  expect([file.deleted, item.deleted]).toEqual([[], ["one"]]);
});

test("a lock that its holder released meanwhile is no fault", async () => {
  const { file, item, all } = places("one", "one");
  const found = await findLock(all);
  file.id = undefined;
  item.id = undefined;
  expect(await releaseFound(found, "one")).toEqual({ released: [], others: [] });
});

test("a release that fails half-way says what is done, and can be finished", async () => {
  const { file, all } = places("one", "one");
  const found = await findLock(all);
  file.failure = new ActionError("HTTP 503", { hint: "again" });
  const error = await releaseFound(found, "one").catch((thrown: unknown) => thrown);
  if (!(error instanceof HalfReleasedError)) throw error;
  expect(error).toMatchObject({ released: ["dynamodb"], hint: "again" });
  expect(error.message).toBe("The lock is half released. HTTP 503");
  file.failure = undefined;
  expect((await releaseFound(await findLock(all), "one")).released).toEqual(["lockfile"]);
});

test("a place that cannot be read stops everything before anything is deleted", async () => {
  const { file, item, all } = places("one", "one");
  file.read = async () => ({ status: "unknown", reason: "the lock file cannot be read: AccessDenied" });
  await expect(findLock(all)).rejects.toThrow("Nothing was released: the lock file cannot be read");
  expect(item.deleted).toEqual([]);
});
