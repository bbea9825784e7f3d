import { CloudwatchLogGroup } from "@cdktf/provider-aws/lib/cloudwatch-log-group/index.js";
import { LambdaFunction } from "@cdktf/provider-aws/lib/lambda-function/index.js";
import { SqsQueue } from "@cdktf/provider-aws/lib/sqs-queue/index.js";
import { AssetType, TerraformAsset } from "cdktf";
import { Construct } from "constructs";
import type { FunctionBundle } from "../../artifacts.ts";
import type { Naming } from "../../naming.ts";
import { allow, type Statement } from "../../policy.ts";
import { WorkloadRole } from "../iam/workload-role.ts";
import { queueAlarm } from "./queue-alarm.ts";

export interface PlatformFunctionProps {
  readonly naming: Naming;
  /** Name within the stack; the role, queues, alarms, log group and schedule are named after it. */
  readonly resource: string;
  readonly description: string;
  readonly bundle: FunctionBundle;
  /** EventBridge Scheduler expression in UTC, such as `rate(1 minute)`. */
  readonly schedule: string;
  /** What the function may do besides writing its log and what its queues need. */
  readonly statements: readonly Statement[];
  /** Variables of the function; nothing secret, they are readable in the console. */
  readonly environment: Readonly<Record<string, string>>;
  /**
   * Secrets of Secrets Manager that the function may read: variable that tells it the ARN → ARN.
   * @default none
   */
  readonly secrets?: Readonly<Record<string, string>>;
  /** @default 512 */
  readonly memoryMegabytes?: number;
  /** @default 60 */
  readonly timeoutSeconds?: number;
  /**
   * Invocations at one time; it is taken out of the account's total.
   * @default no limit of its own
   */
  readonly reservedConcurrency?: number;
  /** @default 30 */
  readonly logDays?: number;
  /**
   * ARN of the SNS topic that is told of alarms.
   * @default none: the alarms show in CloudWatch alone
   */
  readonly alarmTopicArn?: string;
}

/**
 * A function with its own role, log, and queue for what failed to the end, with an alarm on it. What calls the
 * function is for the classes below this one.
 */
export abstract class PlatformFunction extends Construct {
  protected readonly role: WorkloadRole;
  protected readonly failures: SqsQueue;
  protected readonly target: LambdaFunction;

  /** `calling`: what the role needs to be called the way it is. */
  protected constructor(
    scope: Construct,
    id: string,
    props: PlatformFunctionProps,
    calling: readonly Statement[],
  ) {
    super(scope, id);
    const { naming } = props;
    const name = naming.name(props.resource);
    const logGroup = new CloudwatchLogGroup(this, "log", {
      name: `/aws/lambda/${name}`,
      retentionInDays: props.logDays ?? 30,
    });
    this.failures = new SqsQueue(this, "failures", {
      name: failureQueueName(props),
      messageRetentionSeconds: 14 * 24 * 60 * 60,
      sqsManagedSseEnabled: true,
    });
    queueAlarm(this, "failures-alarm", {
      name: failureQueueName(props),
      description: `${name} failed to the end on something; it waits in the queue`,
      queue: this.failures.name,
      metric: "ApproximateNumberOfMessagesVisible",
      above: 0,
      topicArn: props.alarmTopicArn,
    });
    this.role = this.executionRole(props, calling);
    this.target = this.deploy(props);
    // Lambda would make the log group itself, and keep it for ever.
    this.target.node.addDependency(this.role.policy, logGroup);
  }

  private executionRole(props: PlatformFunctionProps, calling: readonly Statement[]): WorkloadRole {
    const { naming } = props;
    const name = naming.name(props.resource);
    const secrets = Object.values(props.secrets ?? {});
    return new WorkloadRole(this, "role", {
      naming,
      resource: props.resource,
      service: "lambda.amazonaws.com",
      statements: [
        allow(
          ["logs:CreateLogStream", "logs:PutLogEvents"],
          [`${naming.logGroupArn(`/aws/lambda/${name}`)}:log-stream:*`],
        ),
        ...calling,
        ...(secrets.length === 0 ? [] : [allow(["secretsmanager:GetSecretValue"], secrets)]),
        ...props.statements,
      ],
    });
  }

  private deploy(props: PlatformFunctionProps): LambdaFunction {
    const code = new TerraformAsset(this, "code", {
      path: props.bundle.zip,
      type: AssetType.FILE,
      assetHash: props.bundle.sha256.slice(0, 32),
    });
    return new LambdaFunction(this, "function", {
      functionName: props.naming.name(props.resource),
      description: props.description,
      role: this.role.role.arn,
      runtime: "nodejs22.x",
      architectures: ["arm64"],
      handler: "index.handler",
      filename: code.path,
      sourceCodeHash: Buffer.from(props.bundle.sha256, "hex").toString("base64"),
      memorySize: props.memoryMegabytes ?? 512,
      timeout: timeoutSeconds(props),
      ...(props.reservedConcurrency === undefined
        ? {}
        : { reservedConcurrentExecutions: props.reservedConcurrency }),
      environment: { variables: { ...props.environment, ...props.secrets } },
    });
  }
}

export function failureQueueName({ naming, resource }: Pick<PlatformFunctionProps, "naming" | "resource">) {
  return naming.name(`${resource}-dlq`);
}

export function timeoutSeconds(props: PlatformFunctionProps): number {
  return props.timeoutSeconds ?? 60;
}
