from __future__ import annotations

import gzip
import shutil
from datetime import date
from pathlib import Path

import pytest
from events import full, full_push, line_of, slim_push, timeline_push
from lake import Lake

from activity_lake import qualification
from activity_lake.ingestion import LONGEST_LINE_BYTES
from activity_lake.job import JobError
from activity_lake.qualification import one_row_per_event

REAL_HOURS = Path(__file__).parents[3] / "shared" / "data" / "github-events"
BAD = "{not json"


def test_an_hour_flows_from_the_raw_to_the_qualified_layer_and_twice_gives_the_same(lake: Lake) -> None:
    lake.land("2015-01-01-00", full("1"), full_push("2"), timeline_push(), name="2015-01-01-0")
    lake.land("2015-01-01-00", full("1"), full("3"), source="events-api")
    first = lake.ingest()
    assert (first["lines"], first["rows"], first["quarantined"], first["missing_hours"]) == (5, 5, 0, [])
    assert first["shapes"] == {"full": 4, "timeline": 1}
    done = lake.process()
    assert (done["rows"], done["kept"], done["duplicates"], done["dates"]) == (5, 4, 1, 2)
    columns = ("event_date", "event_type", "event_id", "source")
    events = lake.rows("qualified/events", *columns)
    daily = lake.rows("qualified/activity_by_type", "event_date", "event_type", "events")
    assert [(str(day), kind, count) for day, kind, count in daily] == [
        ("2013-01-01", "PushEvent", 1),
        ("2015-01-01", "PushEvent", 1),
        ("2015-01-01", "WatchEvent", 2),
    ]
    assert lake.ingest() == first
    assert lake.process() == done
    assert lake.rows("qualified/events", *columns) == events


def test_bad_lines_are_kept_aside_and_counted_and_the_rest_goes_on(lake: Lake) -> None:
    lake.land("2015-01-01-00", full("1"), BAD, full("2"))
    lake.land("2015-01-01-01", BAD, full("3"), source="events-api", name="poll")
    metrics = lake.ingest("--max-bad-share", "0.5")
    assert (metrics["lines"], metrics["rows"], metrics["quarantined"]) == (5, 3, 2)
    assert metrics["reasons"] == {"not-one-json-object": 2}
    assert [(row["source_file"], row["line_number"], row["line"]) for row in lake.quarantine()] == [
        ("events-api/date=2015-01-01/hour=01/poll.json.gz", 1, BAD),
        ("gharchive/date=2015-01-01/hour=00/a.json.gz", 2, BAD),
    ]


def test_an_hour_of_too_many_bad_lines_is_refused_and_the_others_go_on(lake: Lake) -> None:
    lake.land("2015-01-01-00", full("1"), BAD)
    lake.land("2015-01-01-01", full("3"))
    with pytest.raises(
        JobError,
        match=r"1 of 2 hours are refused .* 2015-01-01-00: 1 of 2 lines are bad, more than --max-bad-share",
    ):
        lake.ingest()
    assert lake.metrics()["quarantined"] == 1
    assert len(lake.quarantine()) == 1
    assert lake.rows("ingested", "event_id") == [("3",)]
    lake.land("2015-01-01-00", full("1"), full("2"))
    assert lake.ingest()["rows"] == 3
    assert lake.quarantine() == []


def test_a_truncated_file_is_named_and_its_hour_left_as_it_was(lake: Lake) -> None:
    whole = gzip.compress(b"".join(line_of(full(str(number))) for number in range(50)))
    lake.land("2015-01-01-00", full("1"), full("2"))
    lake.land("2015-01-01-01", full("3"))
    lake.ingest()
    broken = lake.land_bytes("2015-01-01-00", whole[: len(whole) // 2])
    with pytest.raises(JobError, match=r"1 of 2 hours are refused .*a\.json\.gz is broken \(trunc"):
        lake.ingest()
    key = "gharchive/date=2015-01-01/hour=00/a.json.gz"
    metrics = lake.metrics()
    assert metrics["broken_files"] == {key: "truncated-gzip"}
    assert metrics["fewest_lines"] == {"hour": "2015-01-01-00", "lines": 0}
    assert [(row["source_file"], row["reason"]) for row in lake.quarantine()] == [(key, "truncated-gzip")]
    assert len(lake.rows("ingested", "event_id")) == 3
    broken.write_bytes(whole)
    assert lake.ingest("--hours", "2015-01-01-0")["rows"] == 50
    assert lake.quarantine() == []


def test_a_late_hour_adds_to_its_days_and_loses_nothing(lake: Lake) -> None:
    lake.land("2015-01-01-22", full("1", created_at="2015-01-01T22:00:00Z"))
    lake.land(
        "2015-01-01-23",
        full("2", created_at="2015-01-01T23:00:00Z"),
        full("1", created_at="2015-01-01T22:00:00Z"),
    )
    lake.ingest()
    lake.process()
    lake.land(
        "2015-01-02-00",
        full("3", created_at="2015-01-01T23:59:59Z"),
        full("4", created_at="2015-01-02T00:00:00Z"),
    )
    assert lake.ingest("--hours", "2015-01-02-0")["lines"] == 2
    metrics = lake.process("--hours", "2015-01-02-0")
    assert (metrics["dates"], metrics["rows"], metrics["kept"]) == (2, 5, 4)
    assert lake.rows("qualified/events", "event_id") == [("1",), ("2",), ("3",), ("4",)]
    assert lake.files("qualified/pushes_by_hour") == []


def test_a_day_that_an_hour_no_longer_has_disappears(lake: Lake) -> None:
    lake.land("2015-01-01-00", full_push("1"), full_push("2", created_at="2014-12-31T23:59:00Z"))
    lake.ingest()
    lake.process()
    assert lake.partitions("qualified/events") == ["event_date=2014-12-31", "event_date=2015-01-01"]
    lake.land("2015-01-01-00", full_push("1"))
    lake.ingest("--hours", "2015-01-01-0")
    lake.process("--hours", "2015-01-01-0")
    for table in ("events", "activity_by_type", "active_repositories", "pushes_by_hour"):
        assert lake.partitions(f"qualified/{table}") == ["event_date=2015-01-01"]


def test_an_hour_that_was_asked_for_and_is_missing_is_named(lake: Lake) -> None:
    lake.land("2026-09-25-10", slim_push())
    metrics = lake.ingest("--hours", "2026-09-25-9,2026-09-25-10")
    assert metrics["missing_hours"] == ["2026-09-25-09"]
    with pytest.raises(JobError, match="holds no file of 2026-09-25-09"):
        lake.ingest("--hours", "2026-09-25-9")


def test_rows_that_vanish_between_source_and_target_fail_the_job(
    lake: Lake, monkeypatch: pytest.MonkeyPatch
) -> None:
    lake.land("2015-01-01-00", full("1"), full("2"))
    lake.ingest()
    monkeypatch.setattr("processing_layer.one_row_per_event", lambda rows: one_row_per_event(rows).limit(1))
    with pytest.raises(
        JobError,
        match=r"rows = kept \+ duplicates does not hold .*: 2015-01-01-00 on 2015-01-01: 2 is not 1 \+ 0",
    ):
        lake.process()
    assert lake.files("qualified") == []


def test_a_line_of_50_megabytes_is_set_aside_and_takes_no_neighbour_with_it(lake: Lake) -> None:
    longest = full("2", payload={"text": ""})
    longest["payload"]["text"] = "x" * (LONGEST_LINE_BYTES - len(line_of(longest)) + 1)
    huge = full("3", payload={"text": "x" * 50_000_000})
    lake.land("2015-01-01-00", full("1"), longest, huge, full("4"))
    assert lake.ingest("--max-bad-share", "0.5")["reasons"] == {"too-long": 1}
    (row,) = lake.quarantine()
    assert (row["line_number"], len(row["line"])) == (3, 1000)
    assert lake.rows("ingested", "event_id") == [("1",), ("2",), ("4",)]


def test_a_page_of_html_is_no_hour_packed_or_not(lake: Lake) -> None:
    page = b"<html>\n<body>503</body>\n</html>"
    lake.land_bytes("2015-01-01-00", page)
    lake.land_bytes("2015-01-01-01", gzip.compress(page))
    with pytest.raises(JobError, match="2 of 2 hours are refused") as error:
        lake.ingest()
    assert "a.json.gz is broken (not-gzip)" in str(error.value)
    assert "2015-01-01-01: 3 of 3 lines are bad" in str(error.value)


def test_an_event_in_the_wrong_hours_file_belongs_to_the_day_it_happened(lake: Lake) -> None:
    lake.land("2012-10-31-23", timeline_push(created_at="2012-11-01T00:00:01Z"), full("1"))
    lake.ingest()
    assert lake.files("ingested") == [
        "event_date=2012-11-01/source_hour=2012-10-31-23/part-0-of-1.parquet",
        "event_date=2015-01-01/source_hour=2012-10-31-23/part-0-of-1.parquet",
    ]


def test_a_broken_poll_is_set_aside_and_its_hour_goes_on(lake: Lake) -> None:
    lake.land("2015-01-01-00", full("1"))
    lake.land_bytes("2015-01-01-00", b"", source="events-api", name="poll")
    metrics = lake.ingest()
    key = "events-api/date=2015-01-01/hour=00/poll.json.gz"
    assert (metrics["rows"], metrics["broken_files"]) == (1, {key: "empty-file"})
    assert [row["source_file"] for row in lake.quarantine()] == [key]


def test_data_that_breaks_a_rule_is_never_shown_and_the_other_dates_are(lake: Lake) -> None:
    day = {"created_at": "2015-01-02T00:00:00Z"}
    lake.land("2015-01-01-00", full("1"))
    lake.land("2015-01-02-00", full("2", **day))
    lake.ingest()
    lake.process()
    before = lake.rows("qualified/events", "event_id", "event_date")
    lake.land("2015-01-01-00", full("1"), full("3", repo={"id": 1, "name": "nobody"}))
    lake.land("2015-01-02-00", full("2", **day), full_push("4", **{**day, "payload": {"size": -1}}))
    lake.ingest()
    what = r"1 of 2 dates are left .* events of 2015-01-02: ColumnValues push_size .* \(1 rows break it\)"
    with pytest.raises(JobError, match=what):
        lake.process()
    found = lake.metrics()["quality"]
    assert [(each["table"], each["severity"]) for each in found if each["date"] == "2015-01-02"] == [
        ("events", "fail")
    ]
    after = lake.rows("qualified/events", "event_id", "event_date")
    assert [row for row in after if row not in before] == [("3", date(2015, 1, 1))]
    assert [row for row in before if row not in after] == []
    assert not (lake.root / "qualified" / "_staging").exists()


def test_a_day_that_grows_gets_more_files_and_each_event_is_in_one(
    lake: Lake, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(qualification, "ROWS_PER_FILE", 20)
    lake.land("2015-01-01-00", *(full(str(number)) for number in range(30)))
    lake.ingest()
    lake.process()
    names = [f"event_date=2015-01-01/part-{number}-of-2.parquet" for number in range(2)]
    assert lake.files("qualified/events") == names
    lake.land("2015-01-01-01", *(full(str(number)) for number in range(20, 70)))
    lake.ingest("--hours", "2015-01-01-1")
    assert lake.process("--hours", "2015-01-01-1")["duplicates"] == 10
    assert len(lake.files("qualified/events")) == 4
    assert {row[0] for row in lake.rows("qualified/events", "event_id")} == {str(n) for n in range(70)}
    assert lake.table("qualified/events").count() == 70


def test_processing_before_ingestion_says_what_to_run_first(lake: Lake) -> None:
    with pytest.raises(JobError, match="run the ingestion layer first"):
        lake.process()


@pytest.mark.skipif(not REAL_HOURS.is_dir(), reason="the two real hours are not on this machine")
def test_two_real_hours_add_up(lake: Lake) -> None:
    for hour in (0, 1):
        folder = lake.root / "raw" / "gharchive" / "date=2015-01-01" / f"hour=0{hour}"
        folder.mkdir(parents=True)
        shutil.copy(REAL_HOURS / f"2015-01-01-{hour}.json.gz", folder)
    metrics = lake.ingest()
    assert (metrics["lines"], metrics["rows"], metrics["quarantined"]) == (15129, 15129, 0)
    assert metrics["shapes"] == {"full": 15129}
    done = lake.process()
    assert (done["kept"], done["duplicates"], done["event_types"]["PushEvent"]) == (15129, 0, 8430)
    assert len(list((lake.root / "qualified" / "events").glob("event_date=*/*.parquet"))) == 1
