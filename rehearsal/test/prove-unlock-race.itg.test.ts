import { expect, test } from "vitest";
import { openLockPlaces } from "../../actions/shared/src/adapters/lock-places.ts";
import type { LockPlace } from "../../actions/shared/src/ports/lock-places.ts";
import { proof } from "../prove/proofs/unlock-race.ts";
import { raceMany } from "../prove/unlock-race/race.ts";

const options = { seed: 7, progress: () => {}, signal: new AbortController().signal };

test("no lock of others is deleted in the few trials", async () => {
  const { trials, missed, figures } = await proof.run({ ...options, count: proof.few });
  expect(missed).toEqual([]);
  expect(trials).toBe(proof.few);
  expect(figures["right deletions"]).toBeGreaterThan(proof.few / 2);
  expect(figures["releases cut off and finished"]).toBeGreaterThan(0);
});

/** Deletes what is there now, in place of what was read. */
const careless = (place: LockPlace): LockPlace => ({
  kind: place.kind,
  name: place.name,
  read: () => place.read(),
  async release() {
    const now = await place.read();
    return now.status === "held" && place.release(now.revision);
  },
});

test("the trials find a release that does not look at what it deletes", async () => {
  const { missed } = await raceMany({ ...options, count: 60 }, async (backend, credentials) => {
    const { places, close } = await openLockPlaces(backend, credentials);
    return { places: places.map(careless), close };
  });
  expect(missed.filter((miss) => miss.includes("deleted"))).not.toEqual([]);
});
