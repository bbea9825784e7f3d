import { parseStackMap } from "../../actions/shared/src/contracts/stack-map.ts";
import { hourManifest } from "../../infra/layers.ts";
import { Naming } from "../../infra/naming.ts";

/** Where the hours of an environment are known and asked for. */
export interface Places {
  readonly region: string;
  readonly table: string;
  readonly queueUrl: string;
}

const stackName = "workflow/lambda";

/** Composed from the stack map as the stacks themselves do it. Throws when the environment has no batch function. */
export function placesOf(mapText: string, environment: string): Places {
  const map = parseStackMap(mapText, ".github/stacks.yml");
  const stacks = [...map.stacks.values()].filter(({ id }) => id.endsWith(`/${stackName}`));
  const stack = stacks.find((candidate) => candidate.environment.name === environment);
  if (stack === undefined)
    throw new Error(
      `--environment ${environment}: the stack map has no stack ${stackName} in it. It has one in ${stacks.map((known) => known.environment.name).join(", ")}.`,
    );
  const { account, region } = stack.environment;
  const naming = new Naming({ project: map.project, account, region, stack: stack.id });
  return {
    region,
    table: hourManifest(naming).name,
    queueUrl: naming.queueUrl(naming.name("ingestion-batch-layer")),
  };
}
