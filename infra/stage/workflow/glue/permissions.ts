import { dataLayers } from "../../../layers.ts";
import { catalogPermissions } from "../../../modules/glue/catalog-permissions.ts";
import { sparkJobPermissions } from "../../../modules/glue/permissions.ts";
import { objectPermissions } from "../../../modules/s3/permissions.ts";
import type { Naming } from "../../../naming.ts";
import type { DeployPermissions } from "../../../policy.ts";
import { databaseName } from "./catalog-database.ts";
import { codePrefix } from "./job-code.ts";

/** Jobs, their code in the helper bucket, and the catalog of what they write. */
export function deployPermissions(naming: Naming): DeployPermissions {
  const jobs = sparkJobPermissions(naming);
  const catalog = catalogPermissions(naming, databaseName(naming));
  const code = objectPermissions(dataLayers(naming).helper.arn, codePrefix(naming));
  return {
    read: [...jobs.read, ...catalog.read, ...code.read],
    manage: [...jobs.manage, ...catalog.manage, ...code.manage],
  };
}
