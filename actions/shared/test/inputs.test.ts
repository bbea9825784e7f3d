import { afterEach, describe, expect, it, vi } from "vitest";
import { z } from "zod";
import { readInputs } from "../src/action.ts";
import { awsRegion, flag, listOf, oneOf, requiredText, roleArn, wholeNumber } from "../src/inputs.ts";

const Inputs = z.object({
  map: requiredText,
  region: awsRegion,
  role: roleArn,
  operation: oneOf(["plan", "apply"], "plan"),
  record: flag(true),
  "duration-seconds": wholeNumber({ min: 900, max: 43200, unit: "seconds", byDefault: 3600 }),
});

const good = {
  map: "stacks.yml",
  region: "eu-west-1",
  role: "arn:aws:iam::123456789012:role/path/name",
  operation: "",
  record: "",
  "duration-seconds": "",
};

function read(inputs: Partial<Record<keyof typeof good, string>>) {
  for (const [name, value] of Object.entries({ ...good, ...inputs }))
    vi.stubEnv(`INPUT_${name.toUpperCase()}`, value);
  return readInputs(Inputs);
}

afterEach(() => vi.unstubAllEnvs());

describe("inputs", () => {
  it("have defaults for what is left empty", () => {
    expect(read({})).toMatchObject({ operation: "plan", record: true, "duration-seconds": 3600 });
  });

  it.each([
    ["record", "yes", 'input "record": must be true or false, not "yes"'],
    ["record", "1", 'input "record": must be true or false, not "1"'],
    ["operation", "Apply", 'input "operation": must be one of plan, apply; it is "Apply"'],
    [
      "duration-seconds",
      "899",
      'input "duration-seconds": must be a whole number of seconds from 900 to 43200; it is "899"',
    ],
    ["duration-seconds", "1h", 'input "duration-seconds": must be a whole number of seconds'],
    ["duration-seconds", "-1", 'input "duration-seconds": must be a whole number of seconds'],
    [
      "role",
      "arn:aws:sts::123456789012:assumed-role/a/b",
      'input "role": "arn:aws:sts::123456789012:assumed-role/a/b" is not the ARN',
    ],
    ["role", "arn:aws:iam::12345:role/a", "is not the ARN of an IAM role"],
    ["role", `arn:aws:iam::123456789012:role/${"a".repeat(3000)}`, "is not the ARN of an IAM role"],
    ["region", "US-EAST-1", 'input "region": "US-EAST-1" is not an AWS region'],
    ["region", "https://evil.example", "is not an AWS region"],
    ["map", "", 'input "map": is required and is empty'],
  ] as const)("%s = %j is refused by name", (name, value, message) => {
    expect(() => read({ [name]: value })).toThrow(message);
  });

  it.each(["arn:aws-cn:iam::123456789012:role/x", "arn:aws-us-gov:iam::123456789012:role/x"])(
    "keep the partition: %s",
    (role) => {
      expect(read({ role }).role).toBe(role);
    },
  );

  it("name every fault at once", () => {
    expect(() => read({ region: "x", record: "x" })).toThrow(/input "region".*\n.*input "record"/);
  });

  it("split lists at lines, commas and spaces", () => {
    expect(listOf(" a,b\n c  d\n")).toEqual(["a", "b", "c", "d"]);
  });
});
