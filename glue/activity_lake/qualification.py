"""Ingested rows to one row per event, and the daily tables over them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from pyspark.sql import DataFrame, Window
from pyspark.sql import functions as F

from activity_lake.landing import BEST_SOURCE
from activity_lake.schemas import ACTIVE_REPOSITORIES, ACTIVITY_BY_TYPE, PUSHES_BY_HOUR, QUALIFIED, contract

KEY = ("event_type", "event_id", "event_date")
"""Ids come from two counters that walk through each other's numbers months apart: an id alone is no key."""

ROWS_PER_FILE = 500_000
REPOSITORIES_PER_DAY = 100


def dates_of(table: DataFrame, hours: Sequence[str]) -> set[date]:
    """The event dates that rows of these source hours have, or all dates where no hour is named.

    Asked of the ingested rows, and of the qualified ones too: there, of a date that an hour has since lost.
    """
    rows = table.where(F.col("source_hour").isin(list(hours))) if hours else table
    return {row[0] for row in rows.select("event_date").distinct().collect()}


def one_row_per_event(ingested: DataFrame) -> DataFrame:
    """Keep of each event the copy that was read first, whatever the order in which Spark sees them.

    First means: the archive before real time, then the earlier hour, then the file's name. Copies differ,
    because GitHub fills parts of a payload in at the time of reading; inside one file the content decides.
    """
    content = [name for name in ingested.columns if name != "other"]
    order = [
        F.col("source") != BEST_SOURCE,
        F.col("source_hour"),
        F.col("source_file"),
        F.xxhash64(*content, F.to_json("other")),
    ]
    copies = Window.partitionBy(*KEY).orderBy(*order)
    ranked = ingested.withColumn("copy", F.row_number().over(copies))
    return ranked.where(F.col("copy") == 1).select(*contract(QUALIFIED))


def into_files(events: DataFrame, most_rows_per_date: int) -> DataFrame:
    """Spread each date over as few files as keep to `ROWS_PER_FILE`, sorted to compress and prune well."""
    files = -(-most_rows_per_date // ROWS_PER_FILE)
    if files <= 1:
        spread = events.repartition("event_date")
    else:
        spread = events.repartition("event_date", F.pmod(F.hash("event_id"), F.lit(files)))
    return spread.sortWithinPartitions("event_date", "event_type", "created_at", "event_id")


def activity_by_type(events: DataFrame) -> DataFrame:
    """Events, distinct actors and distinct repositories per date and event type."""
    counted = events.groupBy("event_date", "event_type").agg(
        F.count("*").alias("events"),
        F.countDistinct("actor_login").alias("actors"),
        F.countDistinct("repo_name").alias("repositories"),
    )
    return counted.select(*contract(ACTIVITY_BY_TYPE))


def active_repositories(events: DataFrame) -> DataFrame:
    """The repositories with the most events of each date; equal counts rank by name."""
    named = events.where(F.col("repo_name").isNotNull())
    counted = named.groupBy("event_date", "repo_name").agg(
        F.count("*").alias("events"),
        F.count_if(F.col("event_type") == "PushEvent").alias("pushes"),
        F.countDistinct("actor_login").alias("actors"),
    )
    order = Window.partitionBy("event_date").orderBy(F.desc("events"), F.asc("repo_name"))
    ranked = counted.withColumn("rank", F.row_number().over(order))
    return ranked.where(F.col("rank") <= REPOSITORIES_PER_DAY).select(*contract(ACTIVE_REPOSITORIES))


def pushes_by_hour(events: DataFrame) -> DataFrame:
    """Pushes per date and hour (UTC); `commits` is null where no push of the hour tells its size."""
    pushes = events.where(F.col("event_type") == "PushEvent")
    counted = pushes.groupBy("event_date", F.hour("created_at").alias("hour")).agg(
        F.count("*").alias("pushes"),
        F.sum("push_size").alias("commits"),
        F.countDistinct("actor_login").alias("actors"),
    )
    return counted.select(*contract(PUSHES_BY_HOUR))


DAILY_TABLES = {
    "activity_by_type": activity_by_type,
    "active_repositories": active_repositories,
    "pushes_by_hour": pushes_by_hour,
}
"""Each daily table's folder in the qualified layer, and what makes it from the qualified events."""
