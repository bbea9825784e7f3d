import { CloudwatchLogGroup } from "@cdktf/provider-aws/lib/cloudwatch-log-group/index.js";
import { LambdaFunction } from "@cdktf/provider-aws/lib/lambda-function/index.js";
import { LambdaFunctionEventInvokeConfig } from "@cdktf/provider-aws/lib/lambda-function-event-invoke-config/index.js";
import { SchedulerSchedule } from "@cdktf/provider-aws/lib/scheduler-schedule/index.js";
import { SqsQueue } from "@cdktf/provider-aws/lib/sqs-queue/index.js";
import { AssetType, TerraformAsset } from "cdktf";
import { Construct } from "constructs";
import type { FunctionBundle } from "../../artifacts.ts";
import type { Naming } from "../../naming.ts";
import { allow, type Statement } from "../../policy.ts";
import { WorkloadRole } from "../iam/workload-role.ts";

export interface ScheduledFunctionProps {
  readonly naming: Naming;
  /** Name within the stack; the role, queue, log group and schedule are named after it. */
  readonly resource: string;
  readonly description: string;
  readonly bundle: FunctionBundle;
  /** EventBridge Scheduler expression in UTC, such as `rate(1 minute)`. */
  readonly schedule: string;
  /** What the function may do besides writing its log and handing over failed events. */
  readonly statements: readonly Statement[];
  /** Variables of the function; nothing secret, they are readable in the console. */
  readonly environment: Readonly<Record<string, string>>;
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
   * Attempts after the first that failed.
   * @default 2
   */
  readonly retries?: number;
}

/** A function that a schedule invokes, with its own role, log and queue for events that failed to the end. */
export class ScheduledFunction extends Construct {
  constructor(scope: Construct, id: string, props: ScheduledFunctionProps) {
    super(scope, id);
    const { naming } = props;
    const name = naming.name(props.resource);
    const logGroup = new CloudwatchLogGroup(this, "log", {
      name: `/aws/lambda/${name}`,
      retentionInDays: props.logDays ?? 30,
    });
    const failures = new SqsQueue(this, "failures", {
      name: naming.name(`${props.resource}-dlq`),
      messageRetentionSeconds: 14 * 24 * 60 * 60,
      sqsManagedSseEnabled: true,
    });
    const role = this.executionRole(props);
    const target = this.deploy(props, { name, roleArn: role.role.arn });
    // Lambda would make the log group itself, and keep it for ever.
    target.node.addDependency(role.policy, logGroup);
    const onFailure = new LambdaFunctionEventInvokeConfig(this, "failure-destination", {
      functionName: target.functionName,
      maximumRetryAttempts: props.retries ?? 2,
      destinationConfig: { onFailure: { destination: failures.arn } },
    });
    onFailure.node.addDependency(role.policy);
    this.invokeBySchedule(props, target);
  }

  private executionRole(props: ScheduledFunctionProps): WorkloadRole {
    const { naming } = props;
    const name = naming.name(props.resource);
    return new WorkloadRole(this, "role", {
      naming,
      resource: props.resource,
      service: "lambda.amazonaws.com",
      statements: [
        allow(
          ["logs:CreateLogStream", "logs:PutLogEvents"],
          [`${naming.logGroupArn(`/aws/lambda/${name}`)}:log-stream:*`],
        ),
        allow(["sqs:SendMessage"], [naming.queueArn(naming.name(`${props.resource}-dlq`))]),
        ...props.statements,
      ],
    });
  }

  private deploy(
    props: ScheduledFunctionProps,
    given: { readonly name: string; readonly roleArn: string },
  ): LambdaFunction {
    const code = new TerraformAsset(this, "code", {
      path: props.bundle.zip,
      type: AssetType.FILE,
      assetHash: props.bundle.sha256.slice(0, 32),
    });
    return new LambdaFunction(this, "function", {
      functionName: given.name,
      description: props.description,
      role: given.roleArn,
      runtime: "nodejs22.x",
      architectures: ["arm64"],
      handler: "index.handler",
      filename: code.path,
      sourceCodeHash: Buffer.from(props.bundle.sha256, "hex").toString("base64"),
      memorySize: props.memoryMegabytes ?? 512,
      timeout: props.timeoutSeconds ?? 60,
      ...(props.reservedConcurrency === undefined
        ? {}
        : { reservedConcurrentExecutions: props.reservedConcurrency }),
      environment: { variables: { ...props.environment } },
    });
  }

  private invokeBySchedule(props: ScheduledFunctionProps, target: LambdaFunction): void {
    const { naming } = props;
    const name = naming.name(props.resource);
    const invoker = new WorkloadRole(this, "invoker", {
      naming,
      resource: `${props.resource}-cron`,
      service: "scheduler.amazonaws.com",
      statements: [allow(["lambda:InvokeFunction"], [naming.functionArn(name)])],
    });
    const schedule = new SchedulerSchedule(this, "schedule", {
      name,
      description: `Invokes ${name}`,
      scheduleExpression: props.schedule,
      flexibleTimeWindow: { mode: "OFF" },
      target: {
        // The scheduler puts in the time of the schedule, so that a retry still means the same hour.
        input: JSON.stringify({ time: "<aws.scheduler.scheduled-time>" }),
        arn: target.arn,
        roleArn: invoker.role.arn,
        retryPolicy: { maximumEventAgeInSeconds: 3600, maximumRetryAttempts: 3 },
      },
    });
    schedule.node.addDependency(invoker.policy);
  }
}
