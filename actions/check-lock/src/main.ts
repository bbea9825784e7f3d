import { readInputs, runAction } from "../../shared/src/action.ts";
import { realDeps } from "./deps.ts";
import { Inputs } from "./inputs.ts";
import { run } from "./run.ts";

await runAction(async () => {
  const inputs = readInputs(Inputs);
  return run(inputs, realDeps(inputs, process.env));
});
