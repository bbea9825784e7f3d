import { GlueDataQualityRuleset } from "@cdktf/provider-aws/lib/glue-data-quality-ruleset/index.js";
import { dqdl, lakeTables } from "../../../../glue/tables.ts";
import type { CatalogTable } from "../../../modules/glue/catalog-table.ts";
import type { PlatformStack } from "../../../platform-stack.ts";

/**
 * The rules that the processing job holds every date to, for evaluation by Glue Data Quality at any time: of each
 * table one ruleset of those that keep data out, and one of those that only warn.
 */
export function catalogRules(stack: PlatformStack, tables: readonly CatalogTable[]): void {
  const catalogued = new Map(tables.map(({ table }) => [table.nameInput, table]));
  for (const { name, rules } of lakeTables())
    for (const severity of ["fail", "warn"] as const) {
      const own = rules.filter((rule) => rule.severity === severity);
      const table = catalogued.get(name);
      if (own.length === 0 || table === undefined) continue;
      const resource = `${name.replaceAll("_", "-")}-${severity}`;
      new GlueDataQualityRuleset(stack, `${resource}-rules`, {
        name: stack.naming.name(resource),
        description: severity === "fail" ? "Data that breaks one is not shown" : "Worth a look",
        ruleset: dqdl(own),
        targetTable: { databaseName: table.databaseName, tableName: table.name },
      });
    }
}
