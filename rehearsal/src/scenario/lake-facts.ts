import { z } from "zod";
import { lakeTables } from "../../../glue/tables.ts";
import { hourManifest } from "../../../infra/layers.ts";
import type { Naming } from "../../../infra/naming.ts";
import { databaseName } from "../../../infra/stage/workflow/glue/catalog-database.ts";
import type { DataScene } from "../rehearsal.ts";
import type { Metrics } from "./spark.ts";

/** An hour's row in the manifest. */
export interface HourFacts {
  readonly hour: string;
  readonly state: string;
  /** Lines that landed. */
  readonly events: number;
  readonly kept: number;
  readonly duplicates: number;
  readonly quarantined: number;
  /** The next step; undefined: none. */
  readonly pending: string | undefined;
}

/** A table of the qualified layer: its entry in the catalog, its rows and what became of its rules. */
export interface TableFacts {
  readonly name: string;
  readonly description: string;
  readonly location: string;
  readonly columns: number;
  readonly rows: number;
  readonly rules: number;
  /** Rules that do not hold, with their figures. */
  readonly broken: readonly string[];
}

const attribute = z.object({ S: z.string().optional(), N: z.string().optional() });
const scanSchema = z.object({ Items: z.array(z.record(z.string(), attribute.catch({}))) });

/** Every row of the manifest, in the order of the hours. */
export async function hoursInManifest({ account }: DataScene, naming: Naming): Promise<HourFacts[]> {
  const TableName = hourManifest(naming).name;
  const { Items } = scanSchema.parse(await account.json("dynamodb", "DynamoDB_20120810.Scan", { TableName }));
  const rows = Items.map((item) => {
    const number = (name: string) => Number(item[name]?.N ?? 0);
    return {
      hour: `${item["date"]?.S ?? ""}-${item["hour"]?.S ?? ""}`,
      state: item["state"]?.S ?? "",
      events: number("events"),
      kept: number("kept"),
      duplicates: number("duplicates"),
      quarantined: number("quarantined_lines"),
      pending: item["pending"]?.S,
    };
  });
  return rows.sort((a, b) => a.hour.localeCompare(b.hour));
}

const catalogSchema = z.object({
  TableList: z.array(
    z.object({
      Name: z.string(),
      StorageDescriptor: z.object({ Location: z.string(), Columns: z.array(z.unknown()) }),
      PartitionKeys: z.array(z.unknown()),
    }),
  ),
});
const findingsSchema = z.array(
  z.object({
    table: z.string(),
    date: z.string(),
    rule: z.string(),
    severity: z.string(),
    figure: z.string(),
  }),
);

export interface Processed {
  readonly processing: Metrics;
  /** Rows by table, as they were read back. */
  readonly rows: Readonly<Record<string, number>>;
}

/** The tables of the qualified layer that the catalog knows. */
export async function tablesInCatalog(
  { account }: DataScene,
  naming: Naming,
  { processing, rows }: Processed,
): Promise<TableFacts[]> {
  const DatabaseName = databaseName(naming);
  const { TableList } = catalogSchema.parse(
    await account.json("glue", "AWSGlue.GetTables", { DatabaseName }),
  );
  const findings = findingsSchema.parse(processing["quality"] ?? []);
  const entries = new Map(TableList.map((entry) => [entry.Name, entry]));
  return lakeTables().flatMap(({ name, description, rules }) => {
    const entry = entries.get(name);
    if (entry === undefined || !(name in rows)) return [];
    return {
      name,
      description,
      location: entry.StorageDescriptor.Location,
      columns: entry.StorageDescriptor.Columns.length + entry.PartitionKeys.length,
      rows: rows[name] ?? 0,
      rules: rules.length,
      broken: findings
        .filter(({ table }) => table === name)
        .map(({ date, rule, severity, figure }) => `${severity}: ${rule} on ${date}: ${figure}`),
    };
  });
}
