"""Ingested rows to one row per event, and the daily tables over them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from pyspark.sql import DataFrame, Window
from pyspark.sql import functions as F

from activity_lake.landing import BEST_SOURCE
from activity_lake.schemas import ACTIVE_REPOSITORIES, ACTIVITY_BY_TYPE, PUSHES_BY_HOUR, QUALIFIED, contract

KEY = ("event_type", "event_id", "event_date")
"""Ids come from two counters that walk through each other's numbers months apart: an id alone is no key."""

ROWS_PER_FILE = 500_000
REPOSITORIES_PER_DAY = 100


def dates_in_qualified(events: DataFrame, hours: Sequence[str]) -> set[str]:
    """The event dates that have events of these source hours now, also dates that an hour has lost since."""
    rows = events.where(F.col("source_hour").isin(list(hours)))
    return {row[0] for row in rows.select(F.col("event_date").cast("string")).distinct().collect()}


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


def expected_survivors(ingested: DataFrame) -> DataFrame:
    """How many events each source hour should keep of each date: `source_hour`, `event_date`, `kept`.

    Counted by an aggregate and not by the window that picks the survivors, so that a fault of the one shows
    against the other. Copies of one hour and source are one survivor, whichever of them it is.
    """
    best = F.struct((F.col("source") != BEST_SOURCE).alias("second_best"), F.col("source_hour"))
    keys = ingested.groupBy(*KEY).agg(F.min(best).alias("best"))
    return keys.groupBy(F.col("best.source_hour"), "event_date").agg(F.count("*").alias("kept"))


def files_for(rows: int) -> int:
    """How many files a date's rows get: a power of two, so that it seldom changes as a day grows."""
    return 1 << max(0, -(-rows // ROWS_PER_FILE) - 1).bit_length()


def into_files(events: DataFrame, files: Mapping[str, int]) -> DataFrame:
    """Adds `file`, the number of the file that an event belongs to by its key, and sorts for these files.

    An event stays in the file of that number however often its date is rebuilt, as long as the date has as
    many files. What a date has more than one of is named in `files`.
    """
    many = [F.lit(word) for date, count in files.items() if count > 1 for word in (date, count)]
    date, one = F.col("event_date").cast("string"), F.lit(1)
    count = F.coalesce(F.create_map(*many)[date], one) if many else one
    spread = events.withColumn("file", F.pmod(F.xxhash64(*KEY), count).cast("int"))
    order = ("event_date", "file", "event_type", "created_at", "event_id")
    return spread.repartition("event_date", "file").sortWithinPartitions(*order)


def into_one_file(table: DataFrame) -> DataFrame:
    """Sorts a daily table, whose first column is its order, for one file for each date."""
    return table.repartition("event_date").sortWithinPartitions("event_date", table.columns[0])


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
