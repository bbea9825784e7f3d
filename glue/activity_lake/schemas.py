"""The columns of every table: each is written with exactly these, in this order."""

from __future__ import annotations

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

_TEXT, _LONG, _FLAG = StringType(), LongType(), BooleanType()


def _schema(**columns: DataType) -> StructType:
    return StructType([StructField(name, kind) for name, kind in columns.items()])


def contract(schema: StructType) -> list[Column]:
    """The columns of a schema, cast and in order, for the select that ends a transformation."""
    return [F.col(field.name).cast(field.dataType).alias(field.name) for field in schema.fields]


_EVENT: dict[str, DataType] = {
    "event_id": _TEXT,
    "event_type": _TEXT,
    "created_at": TimestampType(),
    "public": _FLAG,
    "actor_id": _LONG,
    "actor_login": _TEXT,
    "repo_id": _LONG,
    "repo_name": _TEXT,
    "org_id": _LONG,
    "org_login": _TEXT,
    "action": _TEXT,
    "number": _LONG,
    "merged": _FLAG,
    "ref": _TEXT,
    "ref_type": _TEXT,
    "push_id": _LONG,
    "push_size": _LONG,
    "push_distinct_size": _LONG,
    "push_head": _TEXT,
    "push_before": _TEXT,
    "payload": _TEXT,
    "other": MapType(_TEXT, _TEXT),
    "shape": _TEXT,
    "source": _TEXT,
    "source_file": _TEXT,
}

INGESTED = _schema(**_EVENT, event_date=DateType(), source_hour=_TEXT)
"""One row per accepted line, partitioned by `source_hour`."""

QUALIFIED = _schema(**_EVENT, source_hour=_TEXT, event_date=DateType())
"""One row per event, partitioned by `event_date`."""

QUARANTINE = _schema(source_file=_TEXT, line_number=_LONG, reason=_TEXT, line=_TEXT, source_hour=_TEXT)
"""One row per refused line, or per file that cannot be read to its end (no line number, no line)."""

ACTIVITY_BY_TYPE = _schema(
    event_type=_TEXT, events=_LONG, actors=_LONG, repositories=_LONG, event_date=DateType()
)
ACTIVE_REPOSITORIES = _schema(
    rank=IntegerType(), repo_name=_TEXT, events=_LONG, pushes=_LONG, actors=_LONG, event_date=DateType()
)
PUSHES_BY_HOUR = _schema(hour=IntegerType(), pushes=_LONG, commits=_LONG, actors=_LONG, event_date=DateType())
