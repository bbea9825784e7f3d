import { GlueCatalogTable } from "@cdktf/provider-aws/lib/glue-catalog-table/index.js";
import { Construct } from "constructs";
import type { LakeTable } from "../../../glue/tables.ts";

const formats = {
  parquet: {
    inputFormat: "org.apache.hadoop.hive.ql.io.parquet.MapredParquetInputFormat",
    outputFormat: "org.apache.hadoop.hive.ql.io.parquet.MapredParquetOutputFormat",
    serde: "org.apache.hadoop.hive.ql.io.parquet.serde.ParquetHiveSerDe",
  },
  json: {
    inputFormat: "org.apache.hadoop.mapred.TextInputFormat",
    outputFormat: "org.apache.hadoop.hive.ql.io.HiveIgnoreKeyTextOutputFormat",
    serde: "org.openx.data.jsonserde.JsonSerDe",
  },
};

/** What a partition's column may be, as the query engine works it out from the times that a query asks for. */
const projections: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  event_date: { type: "date", range: "2011-02-12,NOW", format: "yyyy-MM-dd" },
  source_hour: {
    type: "date",
    range: "2011-02-12-00,NOW",
    format: "yyyy-MM-dd-HH",
    interval: "1",
    "interval.unit": "HOURS",
  },
};

export interface CatalogTableProps {
  readonly database: string;
  readonly table: LakeTable;
  /** S3 URI of the table's folder, with a slash at its end. */
  readonly location: string;
  readonly format: keyof typeof formats;
}

/** A table that Athena can query as soon as a file is there: its partitions are worked out, never crawled. */
export class CatalogTable extends Construct {
  readonly table: GlueCatalogTable;

  constructor(scope: Construct, id: string, { database, table, location, format }: CatalogTableProps) {
    super(scope, id);
    const { inputFormat, outputFormat, serde } = formats[format];
    const glueColumn = ({ name, type, description }: LakeTable["columns"][number]) => ({
      name,
      type,
      comment: description,
    });
    const inFolders = new Set(table.partition);
    this.table = new GlueCatalogTable(this, "table", {
      databaseName: database,
      name: table.name,
      description: table.description,
      tableType: "EXTERNAL_TABLE",
      parameters: { EXTERNAL: "TRUE", classification: format, ...projection(table.partition, location) },
      partitionKeys: table.columns.filter(({ name }) => inFolders.has(name)).map(glueColumn),
      storageDescriptor: {
        location,
        inputFormat,
        outputFormat,
        columns: table.columns.filter(({ name }) => !inFolders.has(name)).map(glueColumn),
        serDeInfo: { serializationLibrary: serde, parameters: { "serialization.format": "1" } },
      },
    });
  }
}

function projection(partition: readonly string[], location: string): Record<string, string> {
  const settings = partition.flatMap((column) =>
    Object.entries(projections[column] ?? {}).map(([key, value]) => [`projection.${column}.${key}`, value]),
  );
  // Two dollars: Terraform would take one for an expression of its own.
  const folders = partition.map((column) => `${column}=$\${${column}}/`).join("");
  return {
    "projection.enabled": "true",
    ...Object.fromEntries(settings),
    "storage.location.template": `${location}${folders}`,
  };
}
