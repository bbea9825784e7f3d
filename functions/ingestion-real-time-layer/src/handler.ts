import { randomUUID } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { Logger } from "@aws-lambda-powertools/logger";
import { S3Client } from "@aws-sdk/client-s3";
import type { Context } from "aws-lambda";
import { z } from "zod";
import { address, bucketName, readEnvironment } from "../../shared/environment.ts";
import { githubEvents } from "./events-source.ts";
import { type PollResult, pollEvents } from "./logic.ts";
import { s3PollState } from "./poll-state.ts";
import { s3WriteEvents } from "./raw-layer.ts";

const Environment = z.object({
  RAW_BUCKET: bucketName,
  GITHUB_EVENTS_URL: address.default("https://api.github.com/events"),
});

const logger = new Logger({ serviceName: "ingestion-real-time-layer" });
const client = new S3Client({ requestHandler: { connectionTimeout: 5_000, requestTimeout: 20_000 } });

/** Lambda's own longest run, for callers that are not Lambda. */
const longestRunMs = 900_000;

export const handler = async (_event: unknown, context?: Context): Promise<PollResult> => {
  const environment = readEnvironment(Environment, process.env);
  const now = () => new Date();
  const result = await pollEvents({
    source: githubEvents(environment.GITHUB_EVENTS_URL, { now }),
    state: s3PollState(client, environment.RAW_BUCKET),
    write: s3WriteEvents(client, environment.RAW_BUCKET),
    now,
    sleep,
    leaseMs: context?.getRemainingTimeInMillis() ?? longestRunMs,
    newClaimId: randomUUID,
  });
  logger.info(result.outcome, { ...result });
  return result;
};
