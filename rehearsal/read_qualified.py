"""Reads the qualified layer back and prints, as one JSON document, what the report shows of it."""

from __future__ import annotations

import json
import sys

from pyspark.sql import SparkSession
from pyspark.sql import functions as F

TABLES = ("events", "activity_by_type", "active_repositories", "pushes_by_hour")


def main(uri: str) -> None:
    spark = SparkSession.builder.config("spark.sql.session.timeZone", "UTC").getOrCreate()
    spark.sparkContext.setLogLevel("ERROR")
    events = spark.read.parquet(f"{uri.rstrip('/')}/events").select("event_type", "created_at", "repo_name")
    events.cache()
    minute = F.date_format("created_at", "yyyy-MM-dd'T'HH:mm")
    types = events.groupBy("event_type").count().collect()
    minutes = events.groupBy(minute.alias("minute")).count().collect()
    repositories = (
        events.groupBy("repo_name").count().orderBy(F.desc("count"), "repo_name").limit(10).collect()
    )
    result = {
        "rows": events.count(),
        "spark": spark.version,
        "types": {row["event_type"]: row["count"] for row in sorted(types, key=lambda row: -row["count"])},
        "minutes": {row["minute"]: row["count"] for row in sorted(minutes, key=lambda row: row["minute"])},
        "repositories": {row["repo_name"]: row["count"] for row in repositories},
        "tables": {table: spark.read.parquet(f"{uri.rstrip('/')}/{table}").count() for table in TABLES},
    }
    print(json.dumps(result), flush=True)


if __name__ == "__main__":
    main(sys.argv[1])
