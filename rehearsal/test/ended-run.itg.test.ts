import { setTimeout as sleep } from "node:timers/promises";
import { expect, it } from "vitest";
import { runWorkflow } from "../src/workflow-run.ts";
import { tinyRehearsal } from "./tiny-repository.ts";

const workflow = `name: slow
on: push
permissions: {}
jobs:
  slow:
    runs-on: ubuntu-latest
    steps:
      - run: sleep 301 & sleep 302
`;

it("ends the steps of a run too, which act puts into sessions of their own", async () => {
  await using tiny = await tinyRehearsal({
    ".github/workflows/slow.yml": workflow,
    "infra/stage/one.ts": "",
  });
  const { processes, repository } = tiny.rehearsal;
  const commit = (await repository.git("-C", repository.origin, "rev-parse", "main")).trim();
  const request = {
    title: "t",
    workflow: "slow.yml",
    event: "push",
    ref: "refs/heads/main",
    commit,
    payload: {},
  } as const;
  const run = runWorkflow(tiny.rehearsal, request).catch((error: Error) => error);
  // moto, act, the shell and both of its sleeps.
  while (processes.tracked().length < 5) await sleep(50);
  await processes.endAll();
  await run;
  for (let tries = 0; tries < 20 && processes.tracked().length > 0; tries++) await sleep(100);
  expect(processes.tracked()).toEqual([]);
}, 60_000);
