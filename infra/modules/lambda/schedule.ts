import { SchedulerSchedule } from "@cdktf/provider-aws/lib/scheduler-schedule/index.js";
import type { Construct } from "constructs";
import type { Naming } from "../../naming.ts";
import type { Statement } from "../../policy.ts";
import { WorkloadRole } from "../iam/workload-role.ts";

export interface ScheduleProps {
  readonly naming: Naming;
  /** Name within the stack. */
  readonly resource: string;
  readonly description: string;
  /** EventBridge Scheduler expression in UTC. */
  readonly expression: string;
  readonly targetArn: string;
  /** What the schedule's role may do: call the target, and nothing else. */
  readonly statement: Statement;
}

/** Calls a target at times, with a role of its own. */
export function schedule(scope: Construct, props: ScheduleProps): void {
  const invoker = new WorkloadRole(scope, "invoker", {
    naming: props.naming,
    resource: `${props.resource}-cron`,
    service: "scheduler.amazonaws.com",
    statements: [props.statement],
  });
  const schedule = new SchedulerSchedule(scope, "schedule", {
    name: props.naming.name(props.resource),
    description: props.description,
    scheduleExpression: props.expression,
    flexibleTimeWindow: { mode: "OFF" },
    target: {
      // The scheduler puts in the time of the schedule, so that a retry still means the same hour.
      input: JSON.stringify({ time: "<aws.scheduler.scheduled-time>" }),
      arn: props.targetArn,
      roleArn: invoker.role.arn,
      retryPolicy: { maximumEventAgeInSeconds: 3600, maximumRetryAttempts: 3 },
    },
  });
  schedule.node.addDependency(invoker.policy);
}
