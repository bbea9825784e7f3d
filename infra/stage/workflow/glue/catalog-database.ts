import { GlueCatalogDatabase } from "@cdktf/provider-aws/lib/glue-catalog-database/index.js";
import type { Naming } from "../../../naming.ts";
import type { PlatformStack } from "../../../platform-stack.ts";

/** `activity_stage`: what people write in a query, so short, and without the dashes that would need quotes. */
export function databaseName(naming: Naming): string {
  const { project, stack } = naming.place;
  return `${project}_${stack.split("/")[0] ?? stack}`.toLowerCase().replaceAll(/[^a-z0-9]+/g, "_");
}

/** The tables of an environment, for Athena and whatever else reads the catalog. */
export function catalogDatabase(stack: PlatformStack): GlueCatalogDatabase {
  return new GlueCatalogDatabase(stack, "catalog-database", {
    name: databaseName(stack.naming),
    description: "GitHub activity: one row per event, daily tables over them, and what was refused",
  });
}
