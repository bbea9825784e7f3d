import { readFileSync } from "node:fs";
import type { Random } from "./random.ts";

/** Who acts, and where. Nobody here exists. */
export interface Account {
  readonly id: number;
  readonly login: string;
  readonly type: "User" | "Organization" | "Bot";
}

export interface Repository {
  readonly id: number;
  readonly name: string;
  readonly owner: Account;
  readonly language: string | null;
  readonly defaultBranch: string;
  readonly createdAt: string;
}

const adjectives = [
  "amber",
  "brisk",
  "calm",
  "dusty",
  "eager",
  "fuzzy",
  "gentle",
  "hazy",
  "icy",
  "jolly",
  "keen",
  "lucid",
  "mellow",
  "nimble",
  "odd",
  "proud",
];
const nouns = [
  "badger",
  "canyon",
  "delta",
  "ember",
  "falcon",
  "glacier",
  "harbor",
  "island",
  "juniper",
  "kestrel",
  "lantern",
  "meadow",
  "nebula",
  "orchard",
  "pebble",
  "quarry",
];
const things = [
  "dotfiles",
  "homepage",
  "notes",
  "parser",
  "scraper",
  "course",
  "demo",
  "api",
  "client",
  "bot",
  "game",
  "config",
];
const languages = ["Python", "TypeScript", "JavaScript", "Go", "Java", "Rust", "C++", null];
const logins = 200_000;
const lesserRepositories = 60_000;

/** The well-known repositories, most active first. */
export const knownRepositories: readonly Repository[] = readRepositories();

export function someAccount(random: Random): Account {
  if (random.chance(0.04)) return { id: 49_000_001, login: "renewal[bot]", type: "Bot" };
  return account(random.skewed(logins));
}

export function someRepository(random: Random): Repository {
  if (random.chance(0.3))
    return knownRepositories[random.skewed(knownRepositories.length)] ?? lesserRepository(0);
  return lesserRepository(random.between(0, lesserRepositories - 1));
}

function account(index: number): Account {
  return {
    id: 1_000_000 + index * 7,
    login: `${word(adjectives, index)}-${word(nouns, index >> 4)}${index}`,
    type: "User",
  };
}

function lesserRepository(index: number): Repository {
  return {
    id: 30_000_000 + index * 11,
    name: `${word(things, index)}-${index}`,
    owner: account((index * 31) % logins),
    language: word(languages, index * 5),
    defaultBranch: index % 3 === 0 ? "master" : "main",
    createdAt: new Date(Date.UTC(2012, 0, 1) + index * 3_600_000).toISOString().replace(".000Z", "Z"),
  };
}

function word<T>(list: readonly T[], index: number): T {
  return list[index % list.length] as T;
}

/** The sample is written without quotes or commas in its values. */
function readRepositories(): Repository[] {
  const text = readFileSync(new URL("../repositories.csv", import.meta.url), "utf8");
  const [, ...rows] = text.trimEnd().split("\n");
  return rows.map((row) => {
    const [id, owner, name, ownerId, ownerType, language, defaultBranch, createdAt] = row.split(",");
    return {
      id: Number(id),
      name: name ?? "",
      owner: {
        id: Number(ownerId),
        login: owner ?? "",
        type: ownerType === "Organization" ? "Organization" : "User",
      },
      language: language || null,
      defaultBranch: defaultBranch ?? "main",
      createdAt: createdAt ?? "",
    };
  });
}
