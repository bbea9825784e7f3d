import { setTimeout as sleep } from "node:timers/promises";
import { Logger } from "@aws-lambda-powertools/logger";
import { S3Client } from "@aws-sdk/client-s3";
import type { Context } from "aws-lambda";
import { z } from "zod";
import { deadline } from "../../shared/deadline.ts";
import { address, bucketName, readEnvironment } from "../../shared/environment.ts";
import { httpArchive } from "./archive.ts";
import { type Landing, landHour } from "./logic.ts";
import { s3RawLayer } from "./raw-layer.ts";

const Environment = z.object({
  RAW_BUCKET: bucketName,
  ARCHIVE_URL: address.default("https://data.gharchive.org"),
});

const logger = new Logger({ serviceName: "ingestion-batch-layer" });
const client = new S3Client({ requestHandler: { connectionTimeout: 5_000, requestTimeout: 60_000 } });

export const handler = async (event: unknown, context?: Context): Promise<Landing> => {
  const environment = readEnvironment(Environment, process.env);
  using limit = deadline(context);
  const landing = await landHour(event, {
    archive: httpArchive(environment.ARCHIVE_URL),
    rawLayer: s3RawLayer(client, environment.RAW_BUCKET),
    now: () => new Date(),
    sleep,
    signal: limit.signal,
  });
  logger.info(landing.outcome, { ...landing });
  return landing;
};
