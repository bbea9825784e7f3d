import { execFileSync } from "node:child_process";
import { cpSync, mkdirSync, readFileSync, symlinkSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseStackMap, type StackMap } from "../../actions/shared/src/contracts/stack-map.ts";

export const root = fileURLToPath(new URL("../../", import.meta.url));
export const mapText = readFileSync(join(root, ".github/stacks.yml"), "utf8");

export function repositoryMap(): StackMap {
  return parseStackMap(mapText, ".github/stacks.yml");
}

/** What synthesis reads, copied from the working tree; packages are those installed here. */
export function copyRepository(target: string): string {
  const listed = execFileSync(
    "git",
    [
      "-C",
      root,
      "ls-files",
      "-coz",
      "--exclude-standard",
      "--",
      "infra",
      "functions",
      "glue",
      "actions/shared/src",
      ".github",
      "*.json",
    ],
    { encoding: "utf8", maxBuffer: 1 << 26 },
  );
  for (const file of listed.split("\0").filter((name) => name !== "")) {
    mkdirSync(dirname(join(target, file)), { recursive: true });
    cpSync(join(root, file), join(target, file), { force: true });
  }
  symlinkSync(join(root, "node_modules"), join(target, "node_modules"));
  return target;
}

/** The repository's map with a second environment beside `stage`. */
export function withProd(text: string): string {
  return text.replace(
    "\nstacks:\n",
    `  prod:
    account: "123456789012"
    region: eu-central-1
    plan-role: arn:aws:iam::123456789012:role/activity-plan-prod
    apply-role: arn:aws:iam::123456789012:role/activity-apply-{stack}

stacks:
  prod/storage/s3:
    environment: prod
    paths: [infra/prod/storage/s3/**, infra/stage/storage/s3/**, infra/modules/s3/**]
    after: [global/deploy-identity]
  prod/storage/dynamodb:
    environment: prod
    paths: [infra/prod/storage/dynamodb/**, infra/stage/storage/dynamodb/**, infra/modules/dynamodb/**]
    after: [global/deploy-identity]
  prod/workflow/lambda:
    environment: prod
    paths: [infra/prod/workflow/lambda/**, infra/stage/workflow/lambda/**, functions/**]
    after: [prod/storage/s3, prod/storage/dynamodb]
`,
  );
}
