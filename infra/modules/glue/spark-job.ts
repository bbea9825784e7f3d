import { CloudwatchLogGroup } from "@cdktf/provider-aws/lib/cloudwatch-log-group/index.js";
import { GlueJob } from "@cdktf/provider-aws/lib/glue-job/index.js";
import { GlueTrigger } from "@cdktf/provider-aws/lib/glue-trigger/index.js";
import { Construct } from "constructs";
import type { Naming } from "../../naming.ts";
import { allow, type Statement } from "../../policy.ts";
import { WorkloadRole } from "../iam/workload-role.ts";
import type { ContentObject } from "../s3/content-object.ts";

/** When a job starts by itself: at times (cron in UTC), or after another job of the stack ended, well or not. */
export type StartedBy = { readonly schedule: string } | { readonly endOf: SparkJob };

const ends = ["SUCCEEDED", "FAILED", "TIMEOUT"];

export interface SparkJobProps {
  readonly naming: Naming;
  /** Name within the stack; the role, log group and trigger are named after it. */
  readonly resource: string;
  readonly description: string;
  readonly script: ContentObject;
  /** Wheel that the script imports from. */
  readonly library: ContentObject;
  /** Arguments of the script by name, without the leading dashes. */
  readonly arguments: Readonly<Record<string, string>>;
  /** S3 URI for Spark's temporary files. */
  readonly tempUri: string;
  /** A role of the job's own with these rights, or the ARN of an existing role. */
  readonly role: { readonly statements: readonly Statement[] } | { readonly arn: string };
  /** `existing`: a trigger made elsewhere starts the job. */
  readonly startedBy: StartedBy | "existing";
  /** @default 5.1 */
  readonly glueVersion?: string;
  /** @default G.1X */
  readonly workerType?: string;
  /** @default 2 */
  readonly workers?: number;
  /**
   * FLEX waits for spare capacity and costs a third less.
   * @default STANDARD
   */
  readonly executionClass?: "STANDARD" | "FLEX";
  /** @default 60 */
  readonly timeoutMinutes?: number;
  /** @default 1 */
  readonly maxConcurrentRuns?: number;
  /** @default 1 */
  readonly retries?: number;
  /** @default 30 */
  readonly logDays?: number;
}

/** A Spark job on Glue. What has been processed is the job's own business, so bookmarks are off. */
export class SparkJob extends Construct {
  readonly job: GlueJob;

  constructor(scope: Construct, id: string, props: SparkJobProps) {
    super(scope, id);
    const name = props.naming.name(props.resource);
    const logGroup = new CloudwatchLogGroup(this, "log", {
      name: `/aws-glue/jobs/${name}`,
      retentionInDays: props.logDays ?? 30,
    });
    this.job = new GlueJob(this, "job", {
      name,
      description: props.description,
      roleArn: "arn" in props.role ? props.role.arn : this.ownRole(props, props.role.statements),
      glueVersion: props.glueVersion ?? "5.1",
      workerType: props.workerType ?? "G.1X",
      numberOfWorkers: props.workers ?? 2,
      executionClass: props.executionClass ?? "STANDARD",
      timeout: props.timeoutMinutes ?? 60,
      maxRetries: props.retries ?? 1,
      executionProperty: { maxConcurrentRuns: props.maxConcurrentRuns ?? 1 },
      command: { name: "glueetl", pythonVersion: "3", scriptLocation: props.script.uri },
      defaultArguments: defaultArguments(props, logGroup.name),
      dependsOn: [props.script.object, props.library.object],
    });
    if (props.startedBy !== "existing") this.startBy(props.startedBy, props.naming.name(props.resource));
  }

  private ownRole(props: SparkJobProps, statements: readonly Statement[]): string {
    const { naming } = props;
    const role = new WorkloadRole(this, "role", {
      naming,
      resource: props.resource,
      service: "glue.amazonaws.com",
      statements: [
        allow(
          ["logs:CreateLogGroup", "logs:CreateLogStream", "logs:PutLogEvents"],
          [naming.logGroupArn("/aws-glue/*")],
        ),
        allow(["cloudwatch:PutMetricData"], ["*"], { StringEquals: { "cloudwatch:namespace": "Glue" } }),
        ...statements,
      ],
    });
    return role.role.arn;
  }

  private startBy(startedBy: StartedBy, name: string): void {
    const actions = [{ jobName: this.job.name }];
    if ("schedule" in startedBy) {
      new GlueTrigger(this, "trigger", { name, type: "SCHEDULED", schedule: startedBy.schedule, actions });
    } else {
      const conditions = ends.map((state) => ({ jobName: startedBy.endOf.job.name, state }));
      const predicate = { logical: "ANY", conditions };
      new GlueTrigger(this, "trigger", { name, type: "CONDITIONAL", predicate, actions });
    }
  }
}

function defaultArguments(props: SparkJobProps, logGroup: string): Record<string, string> {
  const own = Object.entries(props.arguments).map(([name, value]) => [`--${name}`, value]);
  return {
    "--job-language": "python",
    "--job-bookmark-option": "job-bookmark-disable",
    "--enable-metrics": "true",
    "--enable-observability-metrics": "true",
    "--enable-continuous-cloudwatch-log": "true",
    "--continuous-log-logGroup": logGroup,
    "--additional-python-modules": props.library.uri,
    "--TempDir": props.tempUri,
    ...Object.fromEntries(own),
  };
}
