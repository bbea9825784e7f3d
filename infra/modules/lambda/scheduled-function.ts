import { LambdaFunctionEventInvokeConfig } from "@cdktf/provider-aws/lib/lambda-function-event-invoke-config/index.js";
import type { Construct } from "constructs";
import { allow } from "../../policy.ts";
import { failureQueueName, PlatformFunction, type PlatformFunctionProps } from "./platform-function.ts";
import { schedule } from "./schedule.ts";

export interface ScheduledFunctionProps extends PlatformFunctionProps {
  /**
   * Attempts after the first that failed.
   * @default 2
   */
  readonly retries?: number;
}

/** A function that a schedule invokes. Events that failed to the end wait in a queue. */
export class ScheduledFunction extends PlatformFunction {
  constructor(scope: Construct, id: string, props: ScheduledFunctionProps) {
    const { naming } = props;
    const name = naming.name(props.resource);
    super(scope, id, props, [allow(["sqs:SendMessage"], [naming.queueArn(failureQueueName(props))])]);
    const onFailure = new LambdaFunctionEventInvokeConfig(this, "failure-destination", {
      functionName: this.target.functionName,
      maximumRetryAttempts: props.retries ?? 2,
      destinationConfig: { onFailure: { destination: this.failures.arn } },
    });
    onFailure.node.addDependency(this.role.policy);
    schedule(this, {
      naming,
      resource: props.resource,
      description: `Invokes ${name}`,
      expression: props.schedule,
      targetArn: this.target.arn,
      statement: allow(["lambda:InvokeFunction"], [naming.functionArn(name)]),
    });
  }
}
