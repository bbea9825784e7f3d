import { expect, test } from "vitest";
import { PrintedState, stateIn } from "../src/printed-state.ts";

const state = JSON.stringify({ version: 4, serial: 3, resources: [{ secret: "canary" }] }, undefined, 2);
const shownOf = (text: string) => {
  const filter = new PrintedState();
  return [...text.split("\n").flatMap((line) => filter.push(line)), ...filter.end()].join("\n");
};

test("a state that Terraform prints is taken out of the log, whole", () => {
  const shown = shownOf(`Error: cannot write\n${state}\nthe end`);
  expect(shown).toBe(
    "Error: cannot write\n(Terraform printed the state, because it could write it nowhere. It is kept out of the log.)\nthe end",
  );
  expect(JSON.parse(stateIn(`x\n${state}\ny`) ?? "")).toMatchObject({ serial: 3 });
});

test("what only begins like one is shown", () => {
  for (const text of ["{", "{\n{\n}", '{\n  "name": 1\n}', "a = {\n  b = 1\n}"]) {
    expect(shownOf(text)).toBe(text);
    expect(stateIn(text)).toBeUndefined();
  }
});

test("of a state that was cut off nothing is shown", () => {
  expect(shownOf(state.slice(0, -10))).toBe("");
});
