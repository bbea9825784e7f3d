import type { Proof } from "../proof.ts";
import { raceMany } from "../unlock-race/race.ts";

export const proof: Proof = {
  name: "unlock-race",
  summary:
    "Locks released by hand while their holder releases them too and others take them again, one request at a time in random order, with requests that fail or whose answer is lost",
  aim: "no lock deleted that was not the one to be released, and none left that was",
  count: 10_000,
  few: 200,
  run: (options) => raceMany(options),
};
