import { setTimeout as sleep } from "node:timers/promises";
import { BatchProcessor, EventType, processPartialResponse } from "@aws-lambda-powertools/batch";
import { Logger } from "@aws-lambda-powertools/logger";
import { Metrics } from "@aws-lambda-powertools/metrics";
import { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { S3Client } from "@aws-sdk/client-s3";
import { SQSClient } from "@aws-sdk/client-sqs";
import type { Context, SQSBatchResponse, SQSRecord } from "aws-lambda";
import { z } from "zod";
import { deadline } from "../../shared/deadline.ts";
import { address, bucketName, readEnvironment, tableName } from "../../shared/environment.ts";
import { httpArchive } from "./archive.ts";
import { HourMissingError, NotBegunError } from "./errors.ts";
import { sqsHourQueue } from "./hour-queue.ts";
import type { Landing } from "./logic.ts";
import { TableManifest } from "./manifest-table.ts";
import { s3RawLayer } from "./raw-layer.ts";
import { requestOfEvent, requestOfMessage } from "./request.ts";
import { tellAfterCare, tellFailure, tellLanding } from "./telling.ts";
import { type Deps, work } from "./work.ts";

const Environment = z.object({
  RAW_BUCKET: bucketName,
  MANIFEST_TABLE: tableName,
  QUEUE_URL: address,
  ARCHIVE_URL: address.default("https://data.gharchive.org"),
});
const Messages = z.object({ Records: z.array(z.looseObject({ eventSource: z.literal("aws:sqs") })).min(1) });

const serviceName = "ingestion-batch-layer";
const logger = new Logger({ serviceName });
const metrics = new Metrics({
  namespace: process.env["POWERTOOLS_METRICS_NAMESPACE"] ?? "activity",
  serviceName: process.env["AWS_LAMBDA_FUNCTION_NAME"] ?? serviceName,
});
const outlets = { logger, metrics };
const requestHandler = { connectionTimeout: 5_000, requestTimeout: 60_000 };
const s3 = new S3Client({ requestHandler });
const dynamodb = new DynamoDBClient({ requestHandler });
// The queue's address says which queue; where SQS is, the client knows like the other two.
const sqs = new SQSClient({ requestHandler, useQueueUrlAsEndpoint: false });

/** With less time than this, a message is left for the next invocation. */
const leastMs = 60_000;

export const handler = async (event: unknown, context?: Context): Promise<Landing | SQSBatchResponse> => {
  const environment = readEnvironment(Environment, process.env);
  using limit = deadline(context);
  const deps: Deps = {
    archive: httpArchive(environment.ARCHIVE_URL),
    rawLayer: s3RawLayer(s3, environment.RAW_BUCKET),
    manifest: new TableManifest(dynamodb, environment.MANIFEST_TABLE),
    queue: sqsHourQueue(sqs, environment.QUEUE_URL, { sleep }),
    now: () => new Date(),
    sleep,
    signal: limit.signal,
    tellLanding: (landing) => tellLanding(landing, outlets),
    tellAfterCare: (afterCare) => tellAfterCare(afterCare, outlets),
  };
  try {
    const messages = Messages.safeParse(event);
    return messages.success
      ? await workOffMessages(messages.data, deps, context)
      : await workOffEvent(event, deps);
  } finally {
    if (metrics.hasStoredMetrics()) metrics.publishStoredMetrics();
  }
};

/** One after the other; what fails, or is not begun, comes again by itself. */
function workOffMessages(
  messages: z.output<typeof Messages>,
  deps: Deps,
  context: Context | undefined,
): Promise<SQSBatchResponse> {
  const workOff = async ({ body }: SQSRecord) => {
    try {
      if ((context?.getRemainingTimeInMillis() ?? leastMs) < leastMs) throw new NotBegunError();
      await work(requestOfMessage(body), deps);
    } catch (error) {
      if (error instanceof NotBegunError) logger.info("not begun: the time limit is near", { request: body });
      else tellFailure(body, error, outlets);
      throw error;
    }
  };
  return processPartialResponse(messages, workOff, new BatchProcessor(EventType.SQS), {
    processInParallel: false,
    throwOnFullBatchFailure: false,
  });
}

/** A person, or a program, that waits for the answer. */
async function workOffEvent(event: unknown, deps: Deps): Promise<Landing> {
  try {
    const landing = await work(requestOfEvent(event, deps.now()), deps);
    if (landing.outcome === "missing" || landing.outcome === "lost")
      throw new HourMissingError(landing.reason);
    return landing;
  } catch (error) {
    if (!(error instanceof HourMissingError)) tellFailure(event, error, outlets);
    throw error;
  }
}
