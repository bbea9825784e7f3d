import { readFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { SQSClient } from "@aws-sdk/client-sqs";
import { hoursBetween } from "../ingestion-batch-layer/src/archive-hour.ts";
import { sqsHourQueue } from "../ingestion-batch-layer/src/hour-queue.ts";
import { TableManifest } from "../ingestion-batch-layer/src/manifest-table.ts";
import { type AskDeps, askFor, repeat } from "./ask.ts";
import { help, type Options, readOptions } from "./options.ts";
import { type Places, placesOf } from "./places.ts";
import { number, reportCost, reportStates } from "./report.ts";
import { surveyOf } from "./survey.ts";

const mapFile = new URL("../../.github/stacks.yml", import.meta.url);

async function main(): Promise<void> {
  const options = readOptions(process.argv.slice(2), new Date());
  if (options === undefined) return void process.stdout.write(help);
  const places = placesOf(readFileSync(mapFile, "utf8"), options.environment);
  const { region } = places;
  const dynamodb = new DynamoDBClient({ region });
  const sqs = new SQSClient({ region, useQueueUrlAsEndpoint: false });
  const deps: AskDeps = {
    manifest: new TableManifest(dynamodb, places.table),
    queue: sqsHourQueue(sqs, places.queueUrl, { sleep }),
    now: () => new Date(),
    progress: (done, of) => {
      if (done === of || done % 100 === 0) process.stderr.write(`${number(done)} of ${number(of)} hours\n`);
    },
  };
  try {
    await carryOut(options, deps);
  } catch (error) {
    throw explained(error, places);
  }
}

async function carryOut({ first, last, action }: Options, deps: AskDeps): Promise<void> {
  const rows = await deps.manifest.rows(first, last);
  const survey = surveyOf(hoursBetween(first, last), rows, deps.now());
  console.log(reportStates(survey, `${first.name} to ${last.name}`));
  if (action === "look")
    console.log(`${reportCost(survey)}\nDry run: nothing was changed. Add --send or --again to do it.`);
  if (action === "send") {
    await askFor(survey.toAsk, deps);
    console.log(`Asked for ${number(survey.toAsk.length)} hours.`);
  }
  if (action === "again") {
    const repeated = await repeat(survey.toRepeat, deps);
    console.log(`${number(repeated)} hours are ingested again by the next run of the job.`);
  }
}

function explained(error: unknown, { region, table, queueUrl }: Places): Error {
  const { name, message } = error instanceof Error ? error : new Error(String(error));
  if (name === "ResourceNotFoundException" || name === "QueueDoesNotExist")
    return new Error(
      `The table ${table} or the queue ${queueUrl} is not there, in ${region}, for these credentials. Deploy the environment first, or take credentials of its account.`,
      { cause: error },
    );
  return new Error(`${name}: ${message}\nRun it again once this is mended; it goes on where it stopped.`, {
    cause: error,
  });
}

try {
  await main();
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
}
