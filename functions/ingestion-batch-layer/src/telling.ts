import type { Logger } from "@aws-lambda-powertools/logger";
import { type Metrics, MetricUnit } from "@aws-lambda-powertools/metrics";
import type { AfterCare } from "./after-care.ts";
import type { Landing } from "./logic.ts";

interface Outlets {
  readonly logger: Logger;
  readonly metrics: Metrics;
}

/** One log line for each hour, and what is counted. */
export function tellLanding(landing: Landing, { logger, metrics }: Outlets): void {
  if (landing.outcome === "landed" || landing.outcome === "completed") {
    metrics.addMetric("LandedHours", MetricUnit.Count, 1);
    metrics.addMetric("LandedBytes", MetricUnit.Bytes, landing.bytes);
    metrics.addMetric("LandedEvents", MetricUnit.Count, landing.lines);
    if (landing.nearlyEmpty === true) {
      metrics.addMetric("NearlyEmptyHours", MetricUnit.Count, 1);
      return logger.warn("landed, but nearly empty", { ...landing });
    }
  }
  if (landing.outcome === "missing") metrics.addMetric("MissingHours", MetricUnit.Count, 1);
  if (landing.outcome === "lost") {
    metrics.addMetric("LostHours", MetricUnit.Count, 1);
    return logger.warn(landing.outcome, { ...landing });
  }
  logger.info(landing.outcome, { ...landing });
}

export function tellAfterCare(afterCare: AfterCare, { logger }: Outlets): void {
  if (afterCare.again.length > 0 || afterCare.gaps.length > 0)
    logger.info("asked for others", { ...afterCare });
}

export function tellFailure(request: unknown, error: unknown, { logger, metrics }: Outlets): void {
  metrics.addMetric("FailedHours", MetricUnit.Count, 1);
  const { name, message } = error instanceof Error ? error : new Error(String(error));
  logger.error("failed", { request, errorType: name, reason: message });
}
