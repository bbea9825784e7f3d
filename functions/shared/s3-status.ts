import { S3ServiceException } from "@aws-sdk/client-s3";

/** The HTTP status of an answer of S3; undefined when S3 did not answer. */
export function s3Status(error: unknown): number | undefined {
  return error instanceof S3ServiceException ? error.$metadata.httpStatusCode : undefined;
}
