import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { hoursBetween, parseHour } from "../../ingestion-batch-layer/src/archive-hour.ts";
import { ManifestRow } from "../../ingestion-batch-layer/src/manifest-row.ts";
import { readOptions } from "../options.ts";
import { placesOf } from "../places.ts";
import { reportCost, reportStates } from "../report.ts";
import { surveyOf } from "../survey.ts";

const now = new Date("2026-09-25T12:30:00Z");
const mapText = readFileSync(new URL("../../../.github/stacks.yml", import.meta.url), "utf8");
const range = ["--from", "2026-09-01-0", "--to", "2026-09-02-23"];

test("without an action it only looks", () => {
  expect(readOptions(range, now)).toMatchObject({ action: "look", environment: "stage" });
  expect(readOptions(["--help"], now)).toBeUndefined();
});

test.each<[string, string[], string]>([
  ["no beginning", ["--to", "2026-09-01-0"], "--from is missing. Give an hour"],
  ["no end", ["--from", "2026-09-01-0"], "--to is missing. Give an hour"],
  ["no hour", ["--from", "2026-09-01", "--to", "2026-09-02-23"], '--from: hour "2026-09-01" is not an hour'],
  ["the end before the beginning", ["--from", "2026-09-02-0", "--to", "2026-09-01-23"], "lies after --to"],
  [
    "an hour to come",
    ["--from", "2026-09-25-11", "--to", "2026-09-25-12"],
    "--to: hour 2026-09-25-12 is not over yet",
  ],
  [
    "an hour before the archive",
    ["--from", "2011-02-11-23", "--to", "2011-02-12-1"],
    "--from: hour 2011-02-11-23 lies before",
  ],
  [
    "too many hours",
    ["--from", "2024-01-01-0", "--to", "2026-09-01-0"],
    "are 23,377 hours. If you mean more than 10,000, add --yes.",
  ],
  ["two actions", [...range, "--send", "--again"], "--send and --again cannot go together. Choose one."],
  ["a misspelt option", [...range, "--sned"], "Unknown option '--sned'"],
])("%s is one clear message", (_, args, message) => {
  expect(() => readOptions(args, now)).toThrow(message);
});

test("many hours are taken with a word", () => {
  const args = ["--from", "2024-01-01-0", "--to", "2026-09-01-0", "--yes", "--send"];
  expect(readOptions(args, now)).toMatchObject({ action: "send" });
});

test("table and queue are those that the stacks deploy", () => {
  expect(placesOf(mapText, "stage")).toEqual({
    region: "eu-west-1",
    table: "activity-stage-storage-dynamodb-hour-manifest",
    queueUrl:
      "https://sqs.eu-west-1.amazonaws.com/123456789012/activity-stage-workflow-lambda-ingestion-batch-layer",
  });
  expect(() => placesOf(mapText, "prod")).toThrow(/--environment prod: .* It has one in stage\./);
});

const hours = hoursBetween(parseHour("2026-09-01-0"), parseHour("2026-09-01-9"));
const row = (hour: number, more: object): ManifestRow =>
  ManifestRow.parse({ date: "2026-09-01", hour: String(hour).padStart(2, "0"), ...more });
const later = "2026-09-26T00:00:00.000Z";
const earlier = "2026-09-25T00:00:00.000Z";
const survey = surveyOf(
  hours,
  [
    row(0, { state: "landed", pending: "ingest", due: earlier, bytes: 20_000_000 }),
    row(1, { state: "processed", bytes: 10_000_000, nearly_empty: true }),
    row(2, { state: "quarantined" }),
    row(3, { state: "lost", pending: "ingest", due: earlier }),
    row(4, { state: "missing", pending: "land", due: later }),
    row(5, { state: "missing", pending: "land", due: earlier }),
    row(6, { state: "expected", pending: "land", due: later }),
    row(7, { state: "expected", pending: "land", due: earlier }),
  ],
  now,
);
const names = (of: readonly { name: string }[]) => of.map(({ name }) => name.slice(11));

test("asked for are hours that nobody takes care of; repeated can be those that got somewhere", () => {
  expect(names(survey.toAsk)).toEqual(["3", "5", "7", "8", "9"]);
  expect(names(survey.toRepeat)).toEqual(["0", "1", "2", "3"]);
});

test("the states are counted, and what is not as it should be is listed", () => {
  const text = reportStates(survey, "range");
  expect(text).toContain("range: 10 hours");
  expect(text).toMatch(/\n +2 {2}unknown/);
  expect(text).toContain("missing: 2026-09-01-4 2026-09-01-5");
  expect(text).toContain("lost: 2026-09-01-3");
  expect(text).toContain("quarantined: 2026-09-01-2");
  expect(text).toContain("nearly empty: 2026-09-01-1");
});

test("the cost goes by the size of what has landed, or says that it is not known", () => {
  expect(reportCost(survey)).toContain("from the archive: about 75 MB");
  expect(reportCost(survey)).toContain("requests, about: SQS 15, S3 25, DynamoDB 50");
  expect(reportCost(surveyOf(hours, [], now))).toContain("of unknown size");
});
