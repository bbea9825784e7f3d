import { CloudwatchMetricAlarm } from "@cdktf/provider-aws/lib/cloudwatch-metric-alarm/index.js";
import type { Construct } from "constructs";

export interface QueueAlarmProps {
  readonly name: string;
  /** What is the matter when it goes off. */
  readonly description: string;
  /** Name of the queue. */
  readonly queue: string;
  readonly metric: "ApproximateNumberOfMessagesVisible" | "ApproximateAgeOfOldestMessage";
  /** The highest value that is still well. */
  readonly above: number;
  /** SNS topic that is told. */
  readonly topicArn: string | undefined;
}

/** Goes off when the queue's metric was above the value within five minutes. No data is well: an idle queue sends none. */
export function queueAlarm(scope: Construct, id: string, props: QueueAlarmProps): void {
  new CloudwatchMetricAlarm(scope, id, {
    alarmName: props.name,
    alarmDescription: props.description,
    namespace: "AWS/SQS",
    metricName: props.metric,
    dimensions: { QueueName: props.queue },
    statistic: "Maximum",
    period: 300,
    evaluationPeriods: 1,
    comparisonOperator: "GreaterThanThreshold",
    threshold: props.above,
    treatMissingData: "notBreaching",
    ...(props.topicArn === undefined ? {} : { alarmActions: [props.topicArn] }),
  });
}
