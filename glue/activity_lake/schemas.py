"""The columns of every table, as `tables.json` lists them: written with exactly these, in this order."""

from __future__ import annotations

import json
from importlib.resources import files
from typing import Any

from pyspark.sql import Column
from pyspark.sql import functions as F
from pyspark.sql.types import (
    BooleanType,
    DataType,
    DateType,
    IntegerType,
    LongType,
    MapType,
    StringType,
    StructField,
    StructType,
    TimestampType,
)

_TYPES: dict[str, DataType] = {
    "string": StringType(),
    "bigint": LongType(),
    "int": IntegerType(),
    "boolean": BooleanType(),
    "timestamp": TimestampType(),
    "date": DateType(),
    "map<string,string>": MapType(StringType(), StringType()),
}


def read_resource(name: str) -> Any:
    """A JSON file of this package, also where the package is imported from its wheel as it is."""
    return json.loads(files("activity_lake").joinpath(name).read_text(encoding="utf-8"))


TABLES: dict[str, dict[str, Any]] = read_resource("tables.json")
"""Each table's folder, description, columns and partition; the catalog is made of them too."""


def schema_of(name: str) -> StructType:
    """The columns of a table, those of its partition last, as Spark reads them."""
    table = TABLES[name]
    columns = table["columns"] if "columns" in table else TABLES[table["like"]]["columns"]
    kinds = {column["name"]: _TYPES[column["type"]] for column in columns}
    inside = [column for column in kinds if column not in table["partition"]]
    return StructType([StructField(column, kinds[column]) for column in [*inside, *table["partition"]]])


def contract(schema: StructType) -> list[Column]:
    """The columns of a schema, cast and in order, for the select that ends a transformation."""
    return [F.col(field.name).cast(field.dataType).alias(field.name) for field in schema.fields]


INGESTED = schema_of("ingested")
QUALIFIED = schema_of("events")
QUARANTINE = schema_of("quarantine")
ACTIVITY_BY_TYPE = schema_of("activity_by_type")
ACTIVE_REPOSITORIES = schema_of("active_repositories")
PUSHES_BY_HOUR = schema_of("pushes_by_hour")
