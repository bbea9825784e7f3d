"""Both jobs with the hour manifest: only what is due, each hour by itself, and killed wherever you like."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from events import full
from lake import Lake
from manifest_table import LONG_AGO, NAME, ManifestTable

from activity_lake import storage
from activity_lake.job import JobError

MANIFEST = ("--manifest-table", NAME)


def test_due_hours_flow_and_an_hour_that_is_refused_holds_up_no_other(
    lake: Lake, manifest: ManifestTable
) -> None:
    good, broken, short, unasked = (f"2015-01-01-0{number}" for number in range(4))
    lake.land_bytes(short, b"", source="events-api", name="poll")
    for hour in (good, short, unasked):
        lake.land(hour, full(hour, created_at=f"2015-01-01T{hour[11:]}:30:00Z"))
    lake.land_bytes(broken, b"<html>503</html>")
    for hour, events in ((good, 1), (broken, 1), (short, 2)):
        manifest.landed(hour, events)
    unseen = "2015-01-01-05"
    manifest.put(unseen, state="lost", pending="ingest", due=LONG_AGO)
    with pytest.raises(JobError, match="2 of 4 hours are refused") as error:
        lake.ingest(*MANIFEST)
    assert f"{broken}: gharchive/date=2015-01-01/hour=01/a.json.gz is broken (not-gzip)" in str(error.value)
    assert f"{short}: landing counted 2 events and its archive file has 1 lines" in str(error.value)
    assert [manifest.row(hour)["state"] for hour in (broken, short)] == ["quarantined", "quarantined"]
    assert manifest.row(short)["faults"] == {
        "archive": "landing counted 2 events and its archive file has 1 lines",
        "events-api/date=2015-01-01/hour=02/poll.json.gz": "empty-file",
    }
    done = lake.process(*MANIFEST)
    assert (done["rows"], done["kept"]) == (1, 1)
    row = manifest.row(good)
    assert (row["state"], row["rows"], row["kept"], row["duplicates"]) == ("processed", 1, 1, 0)
    assert lake.rows("qualified/events", "event_id") == [(good,)]
    row = manifest.row(unseen)
    assert (row["state"], row["lines"], row["kept"], "pending" in row) == ("lost", 0, 0, False)


def test_with_nothing_due_both_jobs_succeed_and_say_so(lake: Lake, manifest: ManifestTable) -> None:
    lake.land("2015-01-01-00", full())
    assert lake.ingest(*MANIFEST)["note"] == "no hour is due and the latest have no file"
    assert lake.process(*MANIFEST)["note"] == "no event date is to be rebuilt"
    assert lake.files("ingested") == []


def test_what_real_time_saw_of_this_hour_is_taken_before_its_archive_file_is_there(
    lake: Lake, manifest: ManifestTable
) -> None:
    now = datetime.now(UTC)
    hour, created_at = f"{now:%Y-%m-%d-%H}", f"{now:%Y-%m-%dT%H:%M:%SZ}"
    lake.land(hour, full("1", created_at=created_at), source="events-api", name="poll-1")
    lake.land(hour, source="events-api", name="poll-2")
    assert lake.ingest(*MANIFEST)["rows"] == 1
    assert lake.process(*MANIFEST)["kept"] == 1
    manifest.put(hour, state="lost", pending="ingest", due=LONG_AGO)
    lake.ingest(*MANIFEST)
    lake.process(*MANIFEST)
    row = manifest.row(hour)
    assert (row["state"], row["lines"], row["archive_lines"], row["kept"]) == ("lost", 1, 0, 1)


def test_an_hour_that_is_replayed_takes_back_a_date_it_no_longer_has(
    lake: Lake, manifest: ManifestTable
) -> None:
    hour = "2015-01-02-00"
    lake.land(
        hour, full("1", created_at="2015-01-01T23:59:59Z"), full("2", created_at="2015-01-02T00:00:00Z")
    )
    manifest.landed(hour, 2)
    lake.ingest(*MANIFEST)
    lake.process(*MANIFEST)
    assert lake.partitions("qualified/events") == ["event_date=2015-01-01", "event_date=2015-01-02"]
    lake.land(hour, full("2", created_at="2015-01-02T00:00:00Z"))
    manifest.landed(hour, 1, event_dates=manifest.row(hour)["event_dates"])
    lake.ingest(*MANIFEST)
    assert manifest.row(hour)["rebuild_dates"] == ["2015-01-01", "2015-01-02"]
    lake.process(*MANIFEST)
    for table in ("ingested", "qualified/events", "qualified/activity_by_type"):
        assert {file.split("/")[0] for file in lake.files(table)} == {"event_date=2015-01-02"}


@pytest.mark.parametrize("job", ["ingest", "process"])
def test_a_job_that_was_killed_and_runs_again_gives_what_one_clean_run_gives(
    lake: Lake, manifest: ManifestTable, monkeypatch: pytest.MonkeyPatch, job: str
) -> None:
    hour = "2015-01-02-00"
    before = (full("1", created_at="2015-01-01T23:59:59Z"), full("2", created_at="2014-12-31T00:00:00Z"))
    lake.land(hour, *before)
    manifest.landed(hour, 2)
    lake.ingest(*MANIFEST)
    lake.process(*MANIFEST)
    after = (full("1", created_at="2015-01-01T23:59:59Z"), full("3", created_at="2015-01-02T00:00:00Z"))
    lake.land(hour, *after)
    manifest.landed(hour, 2, event_dates=manifest.row(hour)["event_dates"])
    if job == "process":
        lake.ingest(*MANIFEST)

    put, done = storage.put_file, list[str]()

    def killed(staged: str, target: str) -> None:
        if done:
            raise KeyboardInterrupt
        done.append(target)
        put(staged, target)

    with monkeypatch.context() as patched:
        patched.setattr(storage, "put_file", killed)
        with pytest.raises(KeyboardInterrupt):
            (lake.ingest if job == "ingest" else lake.process)(*MANIFEST)
    leftover = (
        lake.root / ("ingested" if job == "ingest" else "qualified") / "_staging" / "events" / "x.parquet"
    )
    leftover.parent.mkdir(parents=True)
    leftover.write_bytes(b"half a file")
    lake.ingest(*MANIFEST)
    lake.process(*MANIFEST)
    files = ["event_date=2015-01-01/part-0-of-1.parquet", "event_date=2015-01-02/part-0-of-1.parquet"]
    assert lake.files("qualified/events") == lake.files("qualified/activity_by_type") == files
    assert lake.rows("qualified/events", "event_id") == [("1",), ("3",)]
    assert {file.split("/")[0] for file in lake.files("ingested")} == {file.split("/")[0] for file in files}
    assert lake.files("qualified/_staging") == lake.files("ingested/_staging") == []
    assert manifest.row(hour)["state"] == "processed"
