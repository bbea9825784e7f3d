from __future__ import annotations

from collections import Counter
from datetime import date, datetime
from typing import Any

import pytest
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from activity_lake.qualification import (
    active_repositories,
    activity_by_type,
    expected_survivors,
    files_for,
    into_files,
    one_row_per_event,
    pushes_by_hour,
)
from activity_lake.schemas import INGESTED, QUALIFIED

DAY = date(2015, 1, 1)


def row(event_id: str, **members: Any) -> dict[str, Any]:
    """One ingested row: a push of ada in acme/lake at noon, from the archive."""
    usual = {
        "event_id": event_id,
        "event_type": "PushEvent",
        "created_at": datetime(2015, 1, 1, 12),
        "actor_login": "ada",
        "repo_name": "acme/lake",
        "push_size": 2,
        "payload": "{}",
        "other": {},
        "source": "gharchive",
        "source_file": "gharchive/a",
        "source_hour": "2015-01-01-12",
        "event_date": DAY,
    }
    return {**dict.fromkeys(INGESTED.names), **usual, **members}


def table(spark: SparkSession, *rows: dict[str, Any]) -> DataFrame:
    frame = spark.createDataFrame([tuple(each[name] for name in INGESTED.names) for each in rows], INGESTED)
    return frame.withColumn("created_at", F.to_timestamp(F.lit("2015-01-01 12:00:00")))


def test_the_archives_copy_is_kept_before_one_of_real_time(spark: SparkSession) -> None:
    polled = {"source": "events-api", "source_hour": "2015-01-01-11", "source_file": "events-api/a"}
    rows = [row("1", **polled, payload="polled"), row("1", payload="archived")]
    assert [each.payload for each in one_row_per_event(table(spark, *rows)).collect()] == ["archived"]


def test_of_one_source_the_first_reading_is_kept(spark: SparkSession) -> None:
    rows = [
        row("1", source_hour="2015-01-01-13", source_file="gharchive/0", payload="later hour"),
        row("1", source_file="gharchive/b", payload="later file"),
        row("1", payload="first"),
    ]
    assert [each.payload for each in one_row_per_event(table(spark, *rows)).collect()] == ["first"]


def test_the_survivor_does_not_depend_on_the_order_of_the_rows(spark: SparkSession) -> None:
    rows = [row("1", payload=f"copy {number}", other={"n": str(number)}) for number in range(8)]
    kept = [
        [each.payload for each in one_row_per_event(table(spark, *order)).collect()]
        for order in (rows, rows[::-1], rows[3:] + rows[:3])
    ]
    assert len(kept[0]) == 1
    assert kept[0] == kept[1] == kept[2]


def test_an_id_that_another_type_or_day_has_too_is_another_event(spark: SparkSession) -> None:
    rows = [row("1"), row("1", event_type="WatchEvent"), row("1", event_date=date(2015, 3, 1))]
    events = one_row_per_event(table(spark, *rows))
    assert events.schema.simpleString() == QUALIFIED.simpleString()
    assert Counter(each.event_type for each in events.collect()) == {"PushEvent": 2, "WatchEvent": 1}


@pytest.mark.parametrize(
    ("rows", "files"),
    [(0, 1), (1, 1), (500_000, 1), (500_001, 2), (1_000_001, 4), (3_930_000, 8)],
)
def test_a_day_gets_a_power_of_two_of_files(rows: int, files: int) -> None:
    assert files_for(rows) == files


def test_an_event_keeps_its_file_while_its_day_keeps_its_number_of_files(spark: SparkSession) -> None:
    def placed(count: int, *more: int) -> dict[str, int]:
        rows = [row(str(number)) for number in (*range(count), *more)]
        events = into_files(table(spark, *rows), {"2015-01-01": 4})
        return {each.event_id: each.file for each in events.collect()}

    before, after = placed(200), placed(200, 1000, 1001)
    assert before.items() <= after.items()
    assert set(before.values()) == {0, 1, 2, 3}


def test_counts_the_survivors_of_each_hour_as_the_window_keeps_them(spark: SparkSession) -> None:
    rows = table(
        spark,
        row("1"),
        row("1", source_file="gharchive/b"),
        row("1", source_hour="2015-01-01-11", source="events-api"),
        row("2", source_hour="2015-01-01-11", source="events-api"),
        row("2", source_hour="2015-01-01-13", source="events-api"),
    )
    kept = one_row_per_event(rows).groupBy("source_hour").count().orderBy("source_hour").collect()
    expected = expected_survivors(rows).orderBy("source_hour").collect()
    assert [(each.source_hour, each.kept) for each in expected] == [tuple(each) for each in kept]


def test_counts_events_actors_and_repositories_by_type(spark: SparkSession) -> None:
    rows = [
        row("1"),
        row("2", repo_name="acme/other"),
        row("3", actor_login="bob"),
        row("4", event_type="WatchEvent", repo_name=None),
    ]
    counted = activity_by_type(table(spark, *rows)).orderBy("event_type").collect()
    assert [tuple(each) for each in counted] == [("PushEvent", 3, 2, 2, DAY), ("WatchEvent", 1, 1, 0, DAY)]


def test_ranks_repositories_by_events_then_name(spark: SparkSession) -> None:
    rows = [
        row("1", repo_name="b/two"),
        row("2", repo_name="b/two", event_type="WatchEvent", actor_login="bob"),
        row("3", repo_name="z/one"),
        row("4", repo_name="a/one"),
        row("5", repo_name=None),
    ]
    ranked = active_repositories(table(spark, *rows)).orderBy("rank").collect()
    assert [tuple(each) for each in ranked] == [
        (1, "b/two", 2, 1, 2, DAY),
        (2, "a/one", 1, 1, 1, DAY),
        (3, "z/one", 1, 1, 1, DAY),
    ]


def test_counts_pushes_by_hour_and_does_not_invent_commits(spark: SparkSession) -> None:
    known = table(spark, row("1"), row("2", push_size=5), row("3", event_type="WatchEvent"))
    unknown = table(spark, row("4", push_size=None)).withColumn(
        "created_at", F.expr("created_at + INTERVAL 1 HOUR")
    )
    counted = pushes_by_hour(known.unionByName(unknown)).orderBy("hour").collect()
    assert [tuple(each) for each in counted] == [(12, 2, 7, 1, DAY), (13, 1, None, 1, DAY)]
