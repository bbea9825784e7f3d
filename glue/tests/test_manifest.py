from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from manifest_table import NAME, ManifestTable

from activity_lake.hours import choose_hours
from activity_lake.job import JobError
from activity_lake.manifest import HOURS_PER_RUN, Ingested, Manifest, latest_hours, open_manifest

NOW = datetime(2026, 9, 25, 13, 30, 5, 250_000, tzinfo=UTC)
LATER = "2026-09-25T13:30:05.250Z"
HOUR = "2026-09-25-05"
FOUND = Ingested(
    lines=12, archive_lines=10, rows=11, quarantined=1, event_dates=frozenset({"2026-09-25"}), faults={}
)


@pytest.fixture
def opened(manifest: ManifestTable) -> Manifest:
    found = open_manifest(NAME)
    assert found is not None
    return found


def test_takes_the_hours_that_are_due_the_longest_first(manifest: ManifestTable, opened: Manifest) -> None:
    for number in range(HOURS_PER_RUN + 5):
        hour = f"2026-01-{number // 24 + 1:02d}-{number % 24:02d}"
        manifest.landed(hour, 1, due=f"2026-09-01T00:{59 - number % 60:02d}:{number // 60:02d}.000Z")
    manifest.landed("2026-09-24-00", 1, due="2026-09-25T13:30:05.251Z")
    manifest.put("2026-09-24-01", state="missing", pending="land", due="2026-01-01T00:00:00.000Z")
    due = opened.due("ingest", NOW)
    assert len(due) == HOURS_PER_RUN
    assert [row.due for row in due] == sorted(row.due or "" for row in due)
    assert "2026-09-24-00" not in {row.hour for row in due}


def test_works_on_what_is_due_and_on_the_latest_that_no_archive_file_was_taken_of(
    manifest: ManifestTable, opened: Manifest
) -> None:
    assert latest_hours(NOW) == ["2026-09-25-13", "2026-09-25-12", "2026-09-25-11"]
    manifest.landed(HOUR, 10)
    manifest.put("2026-09-25-12", state="missing", pending="land", due="2026-09-25T13:40:00.000Z")
    manifest.put("2026-09-25-11", state="quarantined")
    chosen = choose_hours(opened, "ingest", (), NOW)
    assert (list(chosen.hours), list(chosen.if_there)) == ([HOUR], ["2026-09-25-12", "2026-09-25-13"])
    assert list(choose_hours(opened, "ingest", ["2026-09-25-11"], NOW).rows) == ["2026-09-25-11"]


def test_an_ingested_hour_is_due_for_processing_with_all_dates_it_has_or_had(
    manifest: ManifestTable, opened: Manifest
) -> None:
    manifest.landed(HOUR, 10, event_dates=["2026-09-24"], rebuild_dates=["2026-09-23"], faults={"a": "b"})
    (row,) = opened.due("ingest", NOW)
    assert opened.ingested(row, FOUND, NOW)
    assert manifest.row(HOUR) == {
        "state": "landed",
        "key": "archive",
        "events": 10,
        "pending": "process",
        "due": LATER,
        "ingested_at": LATER,
        "lines": 12,
        "archive_lines": 10,
        "rows": 11,
        "quarantined_lines": 1,
        "event_dates": ["2026-09-25"],
        "rebuild_dates": ["2026-09-23", "2026-09-24", "2026-09-25"],
    }


def test_a_refused_hour_is_due_for_nothing_and_says_why(manifest: ManifestTable, opened: Manifest) -> None:
    manifest.landed(HOUR, 10, event_dates=["2026-09-25"])
    (row,) = opened.due("ingest", NOW)
    assert opened.refused(row, Ingested(0, 0, 0, 0, frozenset(), {"archive": "truncated-gzip"}))
    found = manifest.row(HOUR)
    assert (found["state"], found["faults"]) == ("quarantined", {"archive": "truncated-gzip"})
    assert found["event_dates"] == ["2026-09-25"]
    assert not {"pending", "due"} & set(found)


def test_a_lost_hour_whose_polls_are_refused_stays_lost(manifest: ManifestTable, opened: Manifest) -> None:
    manifest.put(HOUR, state="lost", pending="ingest", due=LATER)
    (row,) = opened.due("ingest", NOW)
    assert opened.refused(row, Ingested(0, 0, 0, 0, frozenset(), {"poll": "not-gzip"}))
    assert manifest.row(HOUR)["state"] == "lost"


@pytest.mark.parametrize(("state", "after"), [("landed", "processed"), ("lost", "lost")])
def test_a_processed_hour_is_done_and_a_lost_one_stays_lost(
    manifest: ManifestTable, opened: Manifest, state: str, after: str
) -> None:
    manifest.put(HOUR, state=state, pending="process", due=LATER, rebuild_dates=["2026-09-25"])
    (row,) = opened.due("process", NOW)
    assert opened.processed(row, kept=9, duplicates=2, now=NOW)
    assert manifest.row(HOUR) == {"state": after, "processed_at": LATER, "kept": 9, "duplicates": 2}


@pytest.mark.parametrize(
    "meanwhile",
    [
        {"state": "landed", "pending": "ingest", "due": "2026-09-25T13:31:00.000Z"},
        {"state": "landed", "pending": "process", "due": "2026-09-25T13:31:00.000Z"},
        {"state": "quarantined"},
    ],
    ids=["asked for anew", "ingested by another run", "refused by another run"],
)
def test_what_changed_since_it_was_taken_is_left_as_it_is(
    manifest: ManifestTable, opened: Manifest, meanwhile: dict[str, Any]
) -> None:
    manifest.landed(HOUR, 10)
    (row,) = opened.due("ingest", NOW)
    manifest.put(HOUR, **meanwhile)
    assert not opened.ingested(row, FOUND, NOW)
    assert not opened.refused(row, FOUND)
    assert not opened.processed(row, kept=0, duplicates=0, now=NOW)
    assert manifest.row(HOUR) == meanwhile


def test_no_row_is_made_by_a_job(manifest: ManifestTable, opened: Manifest) -> None:
    manifest.landed(HOUR, 10)
    (row,) = opened.due("ingest", NOW)
    manifest.table.delete_item(Key={"date": HOUR[:10], "hour": HOUR[11:]})
    opened.announce(row, ["2026-09-25"])
    assert not opened.ingested(row, FOUND, NOW)
    assert opened.find([HOUR]) == {}


def test_a_table_that_is_not_there_is_named(aws: str) -> None:
    with pytest.raises(JobError, match="--manifest-table nowhere cannot be read"):
        open_manifest("nowhere")
