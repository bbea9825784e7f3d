import { AwsProvider } from "@cdktf/provider-aws/lib/provider/index.js";
import type { App } from "cdktf";
import { S3Backend, TerraformStack } from "cdktf";
import { dashed, type Stack, type StackMap } from "../actions/shared/src/contracts/stack-map.ts";
import type { Artifacts } from "./artifacts.ts";
import { Naming } from "./naming.ts";
import type { StackCode } from "./stack-code.ts";

export interface PlatformStackProps {
  readonly map: StackMap;
  readonly stack: Stack;
  readonly artifacts: Artifacts;
  readonly code: StackCode;
}

/**
 * A stack of the map: its backend and provider follow from the map alone. The code of the stack
 * (`infra/<id>/stack.ts`) puts resources into it.
 */
export class PlatformStack extends TerraformStack {
  readonly map: StackMap;
  readonly stack: Stack;
  readonly naming: Naming;
  readonly artifacts: Artifacts;
  /** Code of every stack, for those that concern themselves with others. */
  readonly code: StackCode;

  constructor(app: App, { map, stack, artifacts, code }: PlatformStackProps) {
    super(app, dashed(stack.id));
    this.map = map;
    this.stack = stack;
    this.artifacts = artifacts;
    this.code = code;
    this.naming = namingOf(map, stack);
    const { bucket, key, region, table } = stack.backend;
    new S3Backend(this, {
      bucket,
      key,
      region,
      encrypt: true,
      ...(table === undefined ? {} : { dynamodbTable: table }),
    });
    // cdktf 0.21 does not know the option.
    this.addOverride("terraform.backend.s3.use_lockfile", true);
    new AwsProvider(this, "aws", {
      region: stack.environment.region,
      allowedAccountIds: [stack.environment.account],
      defaultTags: [{ tags: { project: map.project, environment: stack.environment.name, stack: stack.id } }],
    });
  }
}

export function namingOf(map: StackMap, stack: Stack): Naming {
  const { account, region } = stack.environment;
  return new Naming({ project: map.project, account, region, stack: stack.id });
}
