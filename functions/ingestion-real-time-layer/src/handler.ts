import { randomUUID } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { Logger } from "@aws-lambda-powertools/logger";
import { S3Client } from "@aws-sdk/client-s3";
import { SecretsManagerClient } from "@aws-sdk/client-secrets-manager";
import type { Context } from "aws-lambda";
import { z } from "zod";
import { address, bucketName, readEnvironment } from "../../shared/environment.ts";
import { githubEvents } from "./events-source.ts";
import { type PollResult, pollEvents } from "./logic.ts";
import { s3PollState } from "./poll-state.ts";
import { s3EventsLayer } from "./raw-layer.ts";
import { secretToken } from "./token.ts";

const Environment = z.object({
  RAW_BUCKET: bucketName,
  GITHUB_EVENTS_URL: address.default("https://api.github.com/events"),
  TOKEN_SECRET_ARN: z
    .string()
    .regex(/^arn:[\w-]+:secretsmanager:/, {
      error: (issue) => `${JSON.stringify(issue.input)} is not the ARN of a secret`,
    })
    .optional(),
});

const logger = new Logger({ serviceName: "ingestion-real-time-layer" });
const client = new S3Client({ requestHandler: { connectionTimeout: 5_000, requestTimeout: 20_000 } });
const readToken = secretToken(
  new SecretsManagerClient({ requestHandler: { connectionTimeout: 5_000, requestTimeout: 10_000 } }),
);

/** Lambda's own longest run, for callers that are not Lambda. */
const longestRunMs = 900_000;

export const handler = async (_event: unknown, context?: Context): Promise<PollResult> => {
  const environment = readEnvironment(Environment, process.env);
  const { TOKEN_SECRET_ARN: secretArn } = environment;
  const token = secretArn === undefined ? undefined : await readToken(secretArn);
  const now = () => new Date();
  const result = await pollEvents({
    source: githubEvents(environment.GITHUB_EVENTS_URL, { now, token }),
    state: s3PollState(client, environment.RAW_BUCKET),
    layer: s3EventsLayer(client, environment.RAW_BUCKET),
    now,
    sleep,
    leaseMs: context?.getRemainingTimeInMillis() ?? longestRunMs,
    newClaimId: randomUUID,
  });
  logger.info(result.outcome, { ...result });
  return result;
};
