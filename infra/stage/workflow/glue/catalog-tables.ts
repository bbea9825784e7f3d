import { type LakeTable, lakeTables } from "../../../../glue/tables.ts";
import { dataLayers } from "../../../layers.ts";
import { CatalogTable } from "../../../modules/glue/catalog-table.ts";
import type { PlatformStack } from "../../../platform-stack.ts";

/** The tables that people query, and what the jobs refused. What lies between the layers is the jobs' own. */
export function catalogTables(stack: PlatformStack, database: string): readonly CatalogTable[] {
  const { qualified, helper } = dataLayers(stack.naming);
  const place = (table: LakeTable) =>
    table.layer === "qualified"
      ? ({ location: qualified.uri(`${table.folder}/`), format: "parquet" } as const)
      : ({ location: helper.uri("quarantine/"), format: "json" } as const);
  return lakeTables()
    .filter(({ layer }) => layer !== "ingested")
    .map((table) => new CatalogTable(stack, `${table.name}-table`, { database, table, ...place(table) }));
}
