import { dataLayers } from "../../../layers.ts";
import { sparkJobPermissions } from "../../../modules/glue/permissions.ts";
import { objectPermissions } from "../../../modules/s3/permissions.ts";
import type { Naming } from "../../../naming.ts";
import type { DeployPermissions } from "../../../policy.ts";
import { codePrefix } from "./job-code.ts";

/** Jobs, and their code in the helper bucket. */
export function deployPermissions(naming: Naming): DeployPermissions {
  const jobs = sparkJobPermissions(naming);
  const code = objectPermissions(dataLayers(naming).helper.arn, codePrefix(naming));
  return { read: [...jobs.read, ...code.read], manage: [...jobs.manage, ...code.manage] };
}
