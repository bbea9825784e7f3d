import { expect, it } from "vitest";
import { parse } from "yaml";
import { adaptWorkflow } from "../src/adapt.ts";

interface Workflow {
  concurrency: { queue?: string };
  jobs: Record<
    "apply" | "named",
    { concurrency: { queue?: string }; env?: object; steps: { run?: string; uses?: string }[] }
  >;
}

const workflow = `name: deploy # stays
on: push
concurrency: { group: a, queue: max }
jobs:
  apply:
    environment: \${{ matrix.shard.environment }}
    concurrency: { group: b, cancel-in-progress: false, queue: max }
    permissions: { contents: read, id-token: write }
    env: { KEPT: yes }
    steps:
      - uses: actions/checkout@0123 # v7
      - run: npm ci --ignore-scripts
      - uses: $/actions/apply
  named:
    environment: { name: stage }
    permissions: { id-token: write }
    steps: [{ uses: ./actions/plan }]
  comment:
    environment: stage
    permissions: { pull-requests: write }
    steps: [{ run: "echo npm ci" }]
`;

it("makes the listed changes and no other", () => {
  const { text, adaptations, actions } = adaptWorkflow("deploy.yml", workflow);
  const before = parse(workflow) as Workflow;
  const expected = structuredClone(before);
  delete expected.concurrency.queue;
  delete expected.jobs.apply.concurrency.queue;
  const token = "${{ secrets.REHEARSAL_REQUEST_TOKEN }}";
  const url = "${{ vars.REHEARSAL_TOKEN_URL }}";
  expected.jobs.apply.env = {
    KEPT: "yes",
    ACTIONS_ID_TOKEN_REQUEST_URL: `${url}&environment=\${{ matrix.shard.environment }}`,
    ACTIONS_ID_TOKEN_REQUEST_TOKEN: token,
  };
  expected.jobs.named.env = {
    ACTIONS_ID_TOKEN_REQUEST_URL: `${url}&environment=stage`,
    ACTIONS_ID_TOKEN_REQUEST_TOKEN: token,
  };
  const [checkout = {}] = expected.jobs.apply.steps;
  expected.jobs.apply.steps = [
    checkout,
    { run: 'ln -s "$REHEARSAL_NODE_MODULES" node_modules' },
    { uses: "./actions/apply" },
  ];
  expect(parse(text)).toEqual(expected);
  expect(adaptations.map(({ what }) => what)).toHaveLength(6);
  expect(actions).toEqual(["actions/checkout@0123"]);
});

it("leaves a workflow that needs nothing as it is, byte for byte", () => {
  const plain = "on:   push\njobs:\n  a:\n    steps: [ { run: 'x' } ] # odd   spacing\n";
  expect(adaptWorkflow("plain.yml", plain)).toEqual({ text: plain, adaptations: [], actions: [] });
});
