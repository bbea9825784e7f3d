import { dashed } from "../actions/shared/src/contracts/stack-map.ts";

export interface Place {
  readonly project: string;
  /** 12 digits. */
  readonly account: string;
  readonly region: string;
  /** Id of the stack, such as `stage/storage/s3`. */
  readonly stack: string;
}

/**
 * Every name and ARN of the platform. Names begin with `<project>-<stack id with dashes>-`, so that what a
 * stack owns is a pattern: its apply role needs no change when the stack gets another resource, and other
 * stacks compose the names they need instead of reading state.
 */
export class Naming {
  readonly place: Place;
  /** What every name in this stack begins with, dash included. */
  readonly prefix: string;
  readonly partition: string;

  constructor(place: Place) {
    this.place = place;
    this.prefix = `${place.project}-${dashed(place.stack)}-`;
    this.partition = partitionOf(place.region);
  }

  /** The naming of another stack of the same tree: `in("storage/s3")` of `stage/workflow/glue` is `stage/storage/s3`. */
  in(rest: string): Naming {
    const root = this.place.stack.split("/")[0] ?? this.place.stack;
    return new Naming({ ...this.place, stack: `${root}/${rest}` });
  }

  /** Name of a function, role, queue, table, alarm, job, trigger or schedule: at most 64 characters, the least of their limits. */
  name(resource: string): string {
    return within(64, `${this.prefix}${resource}`);
  }

  /** Bucket names are global, hence the account. */
  bucketName(resource: string): string {
    return within(63, `${this.prefix}${resource}-${this.place.account}`);
  }

  bucketArn(name: string): string {
    return `arn:${this.partition}:s3:::${name}`;
  }

  objectsArn(bucket: string, prefix: string): string {
    return `${this.bucketArn(bucket)}/${prefix}*`;
  }

  roleArn(name: string): string {
    return this.global("iam", `role/${name}`);
  }

  policyArn(name: string): string {
    return this.global("iam", `policy/${name}`);
  }

  oidcProviderArn(host: string): string {
    return this.global("iam", `oidc-provider/${host}`);
  }

  functionArn(name: string): string {
    return this.regional("lambda", `function:${name}`);
  }

  queueArn(name: string): string {
    return this.regional("sqs", name);
  }

  queueUrl(name: string): string {
    const { region, account } = this.place;
    return `https://sqs.${region}.amazonaws.com${this.partition === "aws-cn" ? ".cn" : ""}/${account}/${name}`;
  }

  alarmArn(name: string): string {
    return this.regional("cloudwatch", `alarm:${name}`);
  }

  eventSourceMappingArn(uuid: string): string {
    return this.regional("lambda", `event-source-mapping:${uuid}`);
  }

  logGroupArn(name: string): string {
    return this.regional("logs", `log-group:${name}`);
  }

  scheduleArn(name: string): string {
    return this.regional("scheduler", `schedule/default/${name}`);
  }

  jobArn(name: string): string {
    return this.regional("glue", `job/${name}`);
  }

  triggerArn(name: string): string {
    return this.regional("glue", `trigger/${name}`);
  }

  /** What the catalog of Glue holds: `catalog`, `database/<name>`, `table/<database>/<name>`, rulesets. */
  glueArn(resource: string): string {
    return this.regional("glue", resource);
  }

  tableArn(name: string): string {
    return this.regional("dynamodb", `table/${name}`);
  }

  /** Holds down every role that a stack creates for its functions and jobs. */
  get workloadBoundaryArn(): string {
    return this.policyArn(workloadBoundaryName(this.place.project));
  }

  private regional(service: string, resource: string): string {
    return `arn:${this.partition}:${service}:${this.place.region}:${this.place.account}:${resource}`;
  }

  private global(service: string, resource: string): string {
    return `arn:${this.partition}:${service}::${this.place.account}:${resource}`;
  }
}

export function workloadBoundaryName(project: string): string {
  return `${project}-workload-boundary`;
}

export function deployBoundaryName(project: string): string {
  return `${project}-deploy-boundary`;
}

function within(limit: number, name: string): string {
  if (name.length <= limit) return name;
  throw new Error(
    `The name ${name} has ${name.length} characters; AWS allows ${limit}. Shorten the project, the stack's id or the resource.`,
  );
}

function partitionOf(region: string): string {
  if (region.startsWith("cn-")) return "aws-cn";
  return region.startsWith("us-gov-") ? "aws-us-gov" : "aws";
}
