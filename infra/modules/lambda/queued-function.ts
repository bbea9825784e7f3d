import { LambdaEventSourceMapping } from "@cdktf/provider-aws/lib/lambda-event-source-mapping/index.js";
import { SqsQueue } from "@cdktf/provider-aws/lib/sqs-queue/index.js";
import type { Construct } from "constructs";
import { allow } from "../../policy.ts";
import {
  failureQueueName,
  PlatformFunction,
  type PlatformFunctionProps,
  timeoutSeconds,
} from "./platform-function.ts";
import { queueAlarm } from "./queue-alarm.ts";
import { schedule } from "./schedule.ts";

export interface QueuedFunctionProps extends PlatformFunctionProps {
  /**
   * Messages in one invocation, at most.
   * @default 4
   */
  readonly batchSize?: number;
  /**
   * Invocations at one time, 2 or more: SQS knows no less.
   * @default 2
   */
  readonly maximumConcurrency?: number;
  /**
   * How often a message is tried before it is handed to the queue of failures.
   * @default 5
   */
  readonly receives?: number;
  /** Age of the oldest message above which the alarm goes off. */
  readonly alarmAfterHours: number;
}

/**
 * A function that works off a queue, which a schedule and the function itself put messages on. It reports the
 * messages that failed one by one; those come again, and wait in another queue in the end. The function finds
 * the address of its queue in QUEUE_URL.
 */
export class QueuedFunction extends PlatformFunction {
  constructor(scope: Construct, id: string, given: QueuedFunctionProps) {
    const { naming } = given;
    const name = naming.name(given.resource);
    const queueArn = naming.queueArn(name);
    const props = { ...given, environment: { ...given.environment, QUEUE_URL: naming.queueUrl(name) } };
    super(scope, id, props, [
      allow(
        [
          "sqs:ChangeMessageVisibility",
          "sqs:DeleteMessage",
          "sqs:GetQueueAttributes",
          "sqs:ReceiveMessage",
          "sqs:SendMessage",
        ],
        [queueArn],
      ),
    ]);
    const queue = this.queue(props);
    const mapping = new LambdaEventSourceMapping(this, "feed", {
      eventSourceArn: queue.arn,
      functionName: this.target.arn,
      batchSize: props.batchSize ?? 4,
      functionResponseTypes: ["ReportBatchItemFailures"],
      scalingConfig: { maximumConcurrency: props.maximumConcurrency ?? 2 },
    });
    mapping.node.addDependency(this.role.policy);
    schedule(this, {
      naming,
      resource: props.resource,
      description: `Puts a message on the queue of ${name}`,
      expression: props.schedule,
      targetArn: queue.arn,
      statement: allow(["sqs:SendMessage"], [queueArn]),
    });
  }

  private queue(props: QueuedFunctionProps): SqsQueue {
    const { naming } = props;
    const name = naming.name(props.resource);
    const queue = new SqsQueue(this, "queue", {
      name,
      // AWS asks for six times the function's time-out, so that no message comes again while it is worked on.
      visibilityTimeoutSeconds: 6 * timeoutSeconds(props),
      messageRetentionSeconds: 14 * 24 * 60 * 60,
      sqsManagedSseEnabled: true,
      redrivePolicy: JSON.stringify({
        deadLetterTargetArn: naming.queueArn(failureQueueName(props)),
        maxReceiveCount: props.receives ?? 5,
      }),
      dependsOn: [this.failures],
    });
    queueAlarm(this, "age-alarm", {
      name: naming.name(`${props.resource}-age`),
      description: `${name} has not got done with a message for ${props.alarmAfterHours} hours`,
      queue: queue.name,
      metric: "ApproximateAgeOfOldestMessage",
      above: props.alarmAfterHours * 3600,
      topicArn: props.alarmTopicArn,
    });
    return queue;
  }
}
