import type { Naming } from "../../naming.ts";
import { allow, type DeployPermissions } from "../../policy.ts";

/** To deploy one database of the catalog with its tables, and the rulesets of a stack. */
export function catalogPermissions(naming: Naming, database: string): DeployPermissions {
  const catalog = naming.glueArn("catalog");
  const own = naming.glueArn(`database/${database}`);
  const databases = [catalog, own];
  const tables = [...databases, naming.glueArn(`table/${database}/*`)];
  const rulesets = [naming.glueArn(`dataQualityRuleset/${naming.prefix}*`)];
  return {
    read: [
      allow(["glue:GetDatabase"], databases),
      allow(["glue:GetPartitionIndexes", "glue:GetTable"], tables),
      allow(["glue:GetDataQualityRuleset"], rulesets),
      // Of rulesets, IAM judges this one on everything or not at all.
      allow(["glue:GetTags"], ["*"]),
    ],
    manage: [
      allow(["glue:CreateDatabase", "glue:UpdateDatabase"], databases),
      allow(["glue:CreateTable", "glue:DeleteTable", "glue:UpdateTable"], tables),
      // Deleting a database deletes what is left in it.
      allow(["glue:DeleteDatabase"], [...tables, naming.glueArn(`userDefinedFunction/${database}/*`)]),
      // IAM knows no ruleset that is not there yet, so the tag that every resource of the stack has narrows it.
      allow(["glue:CreateDataQualityRuleset"], ["*"], {
        StringEquals: { "aws:RequestTag/stack": naming.place.stack },
      }),
      allow(["glue:DeleteDataQualityRuleset", "glue:UpdateDataQualityRuleset"], rulesets),
      allow(["glue:TagResource", "glue:UntagResource"], [own, ...rulesets]),
    ],
  };
}
