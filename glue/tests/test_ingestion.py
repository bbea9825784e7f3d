from __future__ import annotations

import json
from datetime import date, datetime
from typing import Any

import pytest
from events import Event, full, full_push, line_of, slim_push, timeline_push
from pyspark.sql import DataFrame, Row, SparkSession
from pyspark.sql import functions as F

from activity_lake.ingestion import accepted_events, parse_lines, refused_lines
from activity_lake.schemas import INGESTED


def parsed(spark: SparkSession, *lines: object) -> DataFrame:
    """The lines as they would come from one file of the archive."""
    rows = [(bytearray(line_of(line)[:-1]),) for line in lines]
    frame = spark.createDataFrame(rows, "bytes BINARY").coalesce(1)
    return parse_lines(
        frame.select(
            F.col("bytes").cast("string").alias("line"),
            F.lit("gharchive/date=2015-01-01/hour=00/a.json.gz").alias("source_file"),
            F.lit("gharchive").alias("source"),
            F.lit("2015-01-01-00").alias("source_hour"),
        )
    )


def ingested(spark: SparkSession, *lines: object) -> list[Row]:
    return accepted_events(parsed(spark, *lines)).collect()


def test_a_full_push_gets_every_typed_column(spark: SparkSession) -> None:
    event = full_push(org={"id": 9, "login": "acme"}, labels=["new"], seen=1)
    frame = accepted_events(parsed(spark, event))
    assert frame.schema.simpleString() == INGESTED.simpleString()
    row = frame.collect()[0].asDict()
    assert json.loads(row.pop("payload")) == event["payload"]
    assert row == {
        "event_id": "2001",
        "event_type": "PushEvent",
        "created_at": row["created_at"],
        "public": True,
        "actor_id": 7,
        "actor_login": "ada",
        "repo_id": 42,
        "repo_name": "acme/lake",
        "org_id": 9,
        "org_login": "acme",
        "action": None,
        "number": None,
        "merged": None,
        "ref": "refs/heads/main",
        "ref_type": None,
        "push_id": 55,
        "push_size": 3,
        "push_distinct_size": 2,
        "push_head": "bb" * 20,
        "push_before": "aa" * 20,
        "other": {"labels": '["new"]', "seen": "1"},
        "shape": "full",
        "source": "gharchive",
        "source_file": "gharchive/date=2015-01-01/hour=00/a.json.gz",
        "event_date": date(2015, 1, 1),
        "source_hour": "2015-01-01-00",
    }


def test_a_slim_push_has_no_sizes_and_says_so_with_null(spark: SparkSession) -> None:
    (row,) = ingested(spark, slim_push())
    assert (row.shape, row.push_id, row.push_size, row.push_distinct_size) == ("slim", 56, None, None)
    assert row.push_head == "cc" * 20


def test_a_timeline_push_takes_its_names_from_the_old_members(spark: SparkSession) -> None:
    (row,) = ingested(spark, timeline_push())
    assert (row.shape, row.actor_login, row.actor_id) == ("timeline", "ada", None)
    assert (row.repo_id, row.repo_name, row.org_login, row.push_size) == (42, "acme/lake", "acme", 1)
    assert set(row.other) == {"actor_attributes", "url"}


def test_an_event_without_id_is_known_by_its_content_whatever_the_order_of_its_members(
    spark: SparkSession,
) -> None:
    event = timeline_push()
    turned = dict(reversed(event.items()))
    other = timeline_push(url="https://github.com/acme/lake/compare/cccc...dddd")
    first, second, third = (
        row.event_id for row in ingested(spark, event, json.dumps(turned, indent=None), other)
    )
    assert first == second
    assert first != third
    assert first.startswith("sha256:")


@pytest.mark.parametrize(
    ("event", "shape"),
    [
        (full(), "full"),
        (
            full(event_type="PullRequestEvent", payload={"pull_request": {"number": 1, "state": "open"}}),
            "full",
        ),
        (full(event_type="PullRequestEvent", payload={"pull_request": {"number": 1, "url": "u"}}), "slim"),
        (full(event_type="CreateEvent", payload={"ref": "v1", "full_ref": "refs/tags/v1"}), "slim"),
        (full(event_type="ForkEvent", payload={"action": "forked", "forkee": {}}), "slim"),
        (full(event_type="ForkEvent", payload={"forkee": {}}), "full"),
        (slim_push(created_at="2015-01-01T00:00:00Z"), "slim"),
        (full_push(created_at="2026-01-01T00:00:00Z"), "full"),
        (timeline_push(created_at="2026-01-01T00:00:00Z"), "timeline"),
    ],
)
def test_the_shape_is_told_by_fields_and_never_by_date(spark: SparkSession, event: Event, shape: str) -> None:
    assert [row.shape for row in ingested(spark, event)] == [shape]


def test_a_merge_is_one_thing_in_both_shapes(spark: SparkSession) -> None:
    def pull_request(action: str, **members: Any) -> Event:
        return full(event_type="PullRequestEvent", payload={"action": action, "pull_request": members})

    rows = ingested(
        spark,
        pull_request("closed", number=5, state="closed", merged=True),
        pull_request("closed", number=5, state="closed", merged=False),
        pull_request("merged", number=5),
        full(),
    )
    assert [(row.merged, row.number) for row in rows] == [(True, 5), (False, 5), (True, 5), (None, None)]


@pytest.mark.parametrize(
    ("written", "instant"),
    [
        ("2015-01-01T00:00:00Z", datetime(2015, 1, 1)),
        ("2012-12-31T23:30:00-08:00", datetime(2013, 1, 1, 7, 30)),
        ("2012/02/28 22:42:14 -0800", datetime(2012, 2, 29, 6, 42, 14)),
        ("2024-02-29T23:59:59.500+01:00", datetime(2024, 2, 29, 22, 59, 59, 500_000)),
        ("2026-03-29T02:30:00+02:00", datetime(2026, 3, 29, 0, 30)),
        ("2026-10-25T00:30:00+02:00", datetime(2026, 10, 24, 22, 30)),
    ],
    ids=["utc", "year boundary", "old form, leap day", "fraction", "clocks forward", "clocks back"],
)
def test_times_are_instants_and_the_date_is_the_day_in_utc(
    spark: SparkSession, written: str, instant: datetime
) -> None:
    rows = accepted_events(parsed(spark, full(created_at=written)))
    shown = rows.select(F.date_format("created_at", "yyyy-MM-dd HH:mm:ss.SSSSSS"), "event_date").collect()
    assert [tuple(row) for row in shown] == [(instant.strftime("%Y-%m-%d %H:%M:%S.%f"), instant.date())]


REFUSED: list[tuple[object, str]] = [
    ("", "not-one-json-object"),
    ("null", "not-one-json-object"),
    ("[1,2]", "not-one-json-object"),
    ('"text"', "not-one-json-object"),
    (json.dumps(full())[:-20], "not-one-json-object"),
    (json.dumps(full()) + json.dumps(full("1002")), "not-one-json-object"),
    (json.dumps(full()) + "," + json.dumps(full("1002")), "not-one-json-object"),
    ("{'id': '1', 'type': 'WatchEvent', 'created_at': '2015-01-01T00:00:00Z'}", "not-one-json-object"),
    (b'{"id":"1","type":"Watch\xff","created_at":"2015-01-01T00:00:00Z"}', "invalid-utf8"),
    ("{}", "no-type"),
    (full(event_type=""), "no-type"),
    (full(event_id=""), "no-id"),
    ({"type": "PushEvent", "created_at": "2015-01-01T00:00:00Z", "repo": {"id": 1}}, "no-id"),
    (full(created_at=None), "bad-created-at"),
    (full(created_at="yesterday"), "bad-created-at"),
    (full(created_at="2015-13-01T00:00:00Z"), "bad-created-at"),
    (full(created_at="2015-01-01T00:00:00"), "bad-created-at"),
    (full(created_at="0001-01-01T00:00:00Z"), "bad-created-at"),
]


def test_what_is_no_event_is_refused_with_its_line_number_and_reason(spark: SparkSession) -> None:
    lines = [full("1"), *(line for line, _ in REFUSED), full("2")]
    frame = parsed(spark, *lines)
    refused = refused_lines(frame).orderBy("line_number").collect()
    assert [(row.line_number, row.reason) for row in refused] == [
        (number, reason) for number, (_, reason) in enumerate(REFUSED, start=2)
    ]
    assert [row.event_id for row in accepted_events(frame).collect()] == ["1", "2"]


def test_a_refused_line_is_kept_whole_with_bad_bytes_shown(spark: SparkSession) -> None:
    (row,) = refused_lines(parsed(spark, b'{"id":"\xff"')).collect()
    assert row.line == '{"id":"\ufffd"'


def test_odd_but_valid_lines_are_events(spark: SparkSession) -> None:
    carriage_return = json.dumps(full("1")) + "\r"
    escaped_null = full("2", payload={"text": "a\u0000b \ufffd 🜁"})
    only_mandatory = {"id": 3, "type": "WatchEvent", "created_at": "2015-01-01T00:00:00Z"}
    number_for_issue = full("4", "IssuesEvent", payload={"action": "opened", "issue": 17, "number": 3})
    rows = ingested(spark, carriage_return, escaped_null, only_mandatory, number_for_issue)
    assert [row.event_id for row in rows] == ["1", "2", "3", "4"]
    assert json.loads(rows[1].payload) == escaped_null["payload"]
    assert (rows[2].actor_login, rows[2].repo_name, rows[2].payload) == (None, None, None)
    assert (rows[3].action, rows[3].number) == ("opened", 3)


def test_a_line_is_parsed_once(spark: SparkSession) -> None:
    plan = accepted_events(parsed(spark, full()))._jdf.queryExecution().executedPlan().toString()
    assert plan.count("from_json(") == len(("line", "actor", "repo", "org", "payload"))
