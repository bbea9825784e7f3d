"""The hour manifest: a row for each hour that was asked for, with the step that is due and what each found.

The functions make the rows; the jobs take the hours whose step is due and record what came of them. Each
record is one conditional update: it counts only if the hour is still as the job took it, so that an hour that
was asked for anew in the meantime stays due.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from activity_lake.aws import dynamodb_table
from activity_lake.job import JobError

HOURS_PER_RUN = 72
"""The longest due go first; the next run takes what is left. So many of the largest hours fit a time-out."""

_LATEST_HOURS = 3


@dataclass(frozen=True)
class HourRow:
    """An hour's row. `hour` is like 2015-01-01-00; `events` is what landing counted in the archive's file."""

    hour: str
    state: str
    pending: str | None
    due: str | None
    key: str | None
    events: int | None
    event_dates: frozenset[str] | None
    rebuild_dates: frozenset[str]

    @property
    def taken(self) -> bool:
        """Whether an archive file of it has been taken, or refused: from then on real time adds nothing."""
        return self.pending != "land"


@dataclass(frozen=True)
class Ingested:
    """What ingestion counted of an hour; `lines` and what follows are of all its files together."""

    lines: int
    archive_lines: int
    rows: int
    quarantined: int
    event_dates: frozenset[str]
    faults: Mapping[str, str]


def latest_hours(now: datetime) -> list[str]:
    """The hours that real time may still add to, up to now."""
    return [f"{now.astimezone(UTC) - timedelta(hours=back):%Y-%m-%d-%H}" for back in range(_LATEST_HOURS)]


def instant(now: datetime) -> str:
    """A time as every writer of the manifest writes it, so that text sorts like time."""
    return now.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.") + f"{now.microsecond // 1000:03d}Z"


def _key(hour: str) -> dict[str, str]:
    return {"date": hour[:10], "hour": hour[11:]}


def _row(item: Mapping[str, Any]) -> HourRow:
    dates = item.get("event_dates")
    return HourRow(
        hour=f"{item['date']}-{item['hour']}",
        state=str(item.get("state")),
        pending=item.get("pending"),
        due=item.get("due"),
        key=item.get("key"),
        events=None if item.get("events") is None else int(item["events"]),
        event_dates=None if dates is None else frozenset(dates),
        rebuild_dates=frozenset(item.get("rebuild_dates", ())),
    )


class Manifest:
    """The manifest in its table, or in anything that has a table's `query`, `get_item` and `update_item`."""

    def __init__(self, table: Any) -> None:
        self._table = table

    def due(self, step: str, now: datetime) -> list[HourRow]:
        """The hours whose next step this is, the longest due first."""
        found: list[HourRow] = []
        more: dict[str, Any] = {}
        while len(found) < HOURS_PER_RUN:
            page = self._table.query(
                IndexName="pending",
                KeyConditionExpression="pending = :step AND due <= :now",
                ExpressionAttributeValues={":step": step, ":now": instant(now)},
                Limit=HOURS_PER_RUN,
                **more,
            )
            found += map(_row, page["Items"])
            if "LastEvaluatedKey" not in page:
                break
            more = {"ExclusiveStartKey": page["LastEvaluatedKey"]}
        return found[:HOURS_PER_RUN]

    def find(self, hours: Iterable[str]) -> dict[str, HourRow]:
        """The rows of hours, of those that have one."""
        answers = (self._table.get_item(Key=_key(hour), ConsistentRead=True) for hour in hours)
        rows = [_row(answer["Item"]) for answer in answers if "Item" in answer]
        return {row.hour: row for row in rows}

    def announce(self, row: HourRow, dates: Iterable[str]) -> None:
        """Before an hour's rows are written: every date it will have or had, so that none is forgotten."""
        known = sorted({*dates, *(row.event_dates or ())})
        self._update(row, "SET event_dates = :dates", "attribute_exists(#date)", {":dates": known})

    def ingested(self, row: HourRow, result: Ingested, now: datetime) -> bool:
        """The hour's rows are in place: its dates are to be rebuilt."""
        rebuild = {*result.event_dates, *(row.event_dates or ()), *row.rebuild_dates}
        faults = "faults = :faults" if result.faults else ""
        return self._update(
            row,
            "SET pending = :next, due = :at, ingested_at = :at, #lines = :lines, #rows = :rows, "
            "quarantined_lines = :quarantined, archive_lines = :archive, event_dates = :dates, "
            "rebuild_dates = :rebuild" + (f", {faults}" if faults else " REMOVE faults"),
            _AS_TAKEN,
            {
                **_as_taken(row, "ingest"),
                **_counts(result),
                ":next": "process",
                ":at": instant(now),
                ":rows": result.rows,
                ":dates": sorted(result.event_dates),
                ":rebuild": sorted(rebuild),
                **({":faults": dict(result.faults)} if faults else {}),
            },
        )

    def refused(self, row: HourRow, result: Ingested) -> bool:
        """The hour cannot be taken as it is. What was ingested of it stays; a person asks for it anew.

        A lost hour stays lost: what is refused are real time's files, and the archive's may still come.
        """
        return self._update(
            row,
            "SET #state = :done, faults = :faults, #lines = :lines, "
            "quarantined_lines = :quarantined, archive_lines = :archive REMOVE pending, due",
            _AS_TAKEN,
            {
                **_as_taken(row, "ingest"),
                **_counts(result),
                ":done": "lost" if row.state == "lost" else "quarantined",
                ":faults": dict(result.faults),
            },
        )

    def processed(self, row: HourRow, *, kept: int, duplicates: int, now: datetime) -> bool:
        """The hour's events are in the qualified layer. A lost hour stays lost: its file never came."""
        return self._update(
            row,
            "SET #state = :done, processed_at = :at, kept = :kept, duplicates = :duplicates "
            "REMOVE pending, due, rebuild_dates",
            _AS_TAKEN,
            {
                **_as_taken(row, "process"),
                ":done": "lost" if row.state == "lost" else "processed",
                ":at": instant(now),
                ":kept": kept,
                ":duplicates": duplicates,
            },
        )

    def _update(self, row: HourRow, change: str, condition: str, values: Mapping[str, Any]) -> bool:
        """Whether the row was as the condition says."""
        words = {"#date": "date", "#state": "state", "#lines": "lines", "#rows": "rows"}
        used = {short: name for short, name in words.items() if short in change + condition}
        try:
            self._table.update_item(
                Key=_key(row.hour),
                UpdateExpression=change,
                ConditionExpression=condition,
                ExpressionAttributeValues=dict(values),
                **({"ExpressionAttributeNames": used} if used else {}),
            )
        except Exception as error:
            if _code(error) == "ConditionalCheckFailedException":
                return False
            raise
        return True


_AS_TAKEN = "pending = :step AND due = :due AND #state = :state"


def _as_taken(row: HourRow, step: str) -> dict[str, Any]:
    return {":step": step, ":due": row.due, ":state": row.state}


def _counts(result: Ingested) -> dict[str, Any]:
    return {
        ":lines": result.lines,
        ":quarantined": result.quarantined,
        ":archive": result.archive_lines,
    }


def _code(error: Exception) -> str:
    """botocore's code for a refused call; its error class is not loaded for a job without a manifest."""
    response: Any = getattr(error, "response", {})
    return str(response.get("Error", {}).get("Code", ""))


def open_manifest(table: str | None) -> Manifest | None:
    """The manifest that an argument names, once it answers."""
    if table is None:
        return None
    manifest = Manifest(dynamodb_table(table))
    try:
        manifest.find(["2008-01-01-00"])
    except Exception as error:
        raise JobError(f"--manifest-table {table} cannot be read: {error}") from error
    return manifest
