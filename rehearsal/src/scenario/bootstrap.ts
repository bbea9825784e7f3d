import { symlink } from "node:fs/promises";
import { join } from "node:path";
import type { Rehearsal } from "../rehearsal.ts";
import { administrator } from "../servers/aws-front.ts";

/** Step 1: an administrator bootstraps the account, once, from main. */
export async function bootstrap(rehearsal: Rehearsal): Promise<void> {
  const { account, checks, map, processes, progress, repository, servers, source, work } = rehearsal;
  progress.line(`AWS at ${servers.aws.url}, GitHub at ${servers.github.url}, OIDC at ${servers.oidc.url}`);
  const folder = join(work, "bootstrap");
  await repository.clone(folder, "main");
  await symlink(join(source, "node_modules"), join(folder, "node_modules"));
  const started = Date.now();
  await processes.run("node", ["infra/bootstrap.ts"], {
    cwd: folder,
    env: {
      ...rehearsal.env,
      AWS_ENDPOINT_URL: servers.aws.url,
      AWS_REGION: map.store.region,
      AWS_ACCESS_KEY_ID: administrator.accessKeyId,
      AWS_SECRET_ACCESS_KEY: administrator.secretAccessKey,
    },
    onLine: (line) => {
      if (line.startsWith("▸")) progress.line(`  ${line.slice(1).trim()}`);
    },
  });
  progress.done("account bootstrapped", Date.now() - started);
  const keys = (await account.states(map.store.bucket)).map(({ key }) => key);
  checks.equal("backend and identity have their state in the bucket", keys, [
    "global/backend/terraform.tfstate",
    "global/deploy-identity/terraform.tfstate",
  ]);
}
