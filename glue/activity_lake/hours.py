"""Which source hours a run works on, and which of them it refuses."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from activity_lake.landing import BEST_SOURCE, InspectedFile
from activity_lake.manifest import HourRow, Ingested, Manifest, latest_hours
from activity_lake.reconciliation import reconcile


@dataclass(frozen=True)
class Chosen:
    """Hours that must be worked on, and hours that are looked at only if there is something of them.

    No name at all means every hour that is found.
    """

    hours: Sequence[str]
    if_there: Sequence[str] = ()
    rows: Mapping[str, HourRow] = field(default_factory=dict)

    @property
    def every(self) -> bool:
        return not self.hours and not self.if_there

    @property
    def all(self) -> list[str]:
        return sorted({*self.hours, *self.if_there})


def choose_hours(manifest: Manifest | None, step: str, named: Sequence[str], now: datetime) -> Chosen:
    """The named hours; without names those that the manifest has due, and the latest for what real time saw.

    The latest are left out once their archive file was taken: real time files its polls by the hour of the
    poll, so nothing is added to an hour that is over.
    """
    if manifest is None:
        return Chosen(named)
    if named:
        return Chosen(named, rows=manifest.find(named))
    due = {row.hour: row for row in manifest.due(step, now)}
    latest = [hour for hour in latest_hours(now) if hour not in due]
    rows = manifest.find(latest)
    fresh = [hour for hour in latest if hour not in rows or not rows[hour].taken]
    return Chosen(sorted(due), if_there=sorted(fresh), rows={**due, **rows})


def count_hours(
    hours: Iterable[str],
    files: Iterable[InspectedFile],
    rows: Mapping[tuple[str, str], int],
    quarantined: Mapping[str, int],
) -> dict[str, Ingested]:
    """What was read of each hour: lines by another reader than the one that made rows of them.

    `rows` are by source hour and event date, read back from where they were written.
    """
    files_of: dict[str, list[InspectedFile]] = {hour: [] for hour in hours}
    dates_of: dict[str, dict[str, int]] = {hour: {} for hour in files_of}
    for item in files:
        files_of[item.file.hour].append(item)
    for (hour, date), count in rows.items():
        dates_of[hour][date] = count
    return {
        hour: Ingested(
            lines=sum(item.lines for item in mine if not item.fault),
            archive_lines=sum(item.lines for item in mine if item.file.of_archive and not item.fault),
            rows=sum(dates_of[hour].values()),
            quarantined=quarantined.get(hour, 0),
            event_dates=frozenset(dates_of[hour]),
            faults={item.file.key: item.fault for item in mine if item.fault},
        )
        for hour, mine in files_of.items()
    }


def check_lines(results: Mapping[str, Ingested]) -> None:
    """Fail unless each line of every hour became a row or is in the quarantine."""

    def count(of: Callable[[Ingested], int]) -> Counter[str]:
        return Counter({hour: of(result) for hour, result in results.items()})

    reconcile(
        "lines = rows + quarantined",
        count(lambda result: result.lines),
        count(lambda result: result.rows),
        count(lambda result: result.quarantined),
    )


def refusal(result: Ingested, row: HourRow | None, max_bad_share: float) -> str | None:
    """Why an hour is not taken as it is, or nothing."""
    broken = [
        f"{key} is broken ({fault})"
        for key, fault in result.faults.items()
        if key.startswith(f"{BEST_SOURCE}/")
    ]
    if broken:
        return "; ".join(broken)
    if row is not None and row.events is not None and row.events != result.archive_lines:
        return f"landing counted {row.events} events and its archive file has {result.archive_lines} lines"
    if result.quarantined > max_bad_share * result.lines:
        return (
            f"{result.quarantined} of {result.lines} lines are bad, more than --max-bad-share "
            f"{max_bad_share} allows"
        )
    if result.faults and not result.lines:
        return "none of its files can be read"
    return None
