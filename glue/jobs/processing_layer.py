"""Processing layer: ingested rows to one row per event and daily tables, rebuilt by event date."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from activity_lake.hours import Chosen, choose_hours
from activity_lake.job import JobError, open_session, parse_arguments, print_metrics
from activity_lake.manifest import Manifest, open_manifest
from activity_lake.qualification import (
    DAILY_TABLES,
    dates_in_qualified,
    expected_survivors,
    files_for,
    into_files,
    into_one_file,
    one_row_per_event,
)
from activity_lake.quality import RULES, Finding, judge
from activity_lake.reconciliation import reconcile, rows_per
from activity_lake.schemas import INGESTED, QUALIFIED, schema_of
from activity_lake.storage import (
    dates_of_hours,
    list_files,
    list_partitions,
    put_in_place,
    read_partitions,
    remove,
    stage,
    staged_partitions,
)

ARGUMENTS = ("ingested-uri", "qualified-uri", "hours", "manifest-table")
_ONE_FILE = "part-0-of-1.parquet"


@dataclass(frozen=True)
class _Run:
    spark: SparkSession
    arguments: Mapping[str, Any]
    manifest: Manifest | None
    chosen: Chosen
    now: datetime

    @property
    def ingested_uri(self) -> str:
        return str(self.arguments["ingested-uri"])

    def table(self, name: str) -> str:
        return f"{self.arguments['qualified-uri']}/{name}"

    @property
    def staging(self) -> str:
        return self.table("_staging")


@dataclass(frozen=True)
class _Counts:
    """By source hour and event date, `2015-01-01-00 on 2015-01-01`."""

    rows: Counter[str]
    kept: Counter[str]
    duplicates: Counter[str]


def main(argv: Sequence[str]) -> None:
    """Run the job. Nothing is shown of a date before its counts add up and its quality rules hold."""
    arguments = parse_arguments(argv, ARGUMENTS)
    now = datetime.now(UTC)
    manifest = open_manifest(arguments["manifest-table"])
    chosen = choose_hours(manifest, "process", arguments["hours"], now)
    run = _Run(open_session("processing-layer"), arguments, manifest, chosen, now)
    remove(run.spark, run.staging)
    there = set(list_partitions(run.spark, run.ingested_uri, "event_date"))
    if not there and manifest is None:
        raise JobError(f"--ingested-uri {run.ingested_uri} holds nothing; run the ingestion layer first")
    by_hour = _dates_by_hour(run)
    dates = _dates(run, there, by_hour)
    if not dates and manifest is None:
        named = ", ".join(arguments["hours"]) or "any hour"
        raise JobError(f"--ingested-uri {run.ingested_uri} holds no row of {named}")
    try:
        counts, failed = _rebuild(run, sorted(dates), there)
    finally:
        remove(run.spark, run.staging)
    held_back = {finding.date for finding in failed}
    _record(run, counts, {hour for hour, days in by_hour.items() if days & held_back})
    if failed:
        raise JobError(
            f"{len(held_back)} of {len(dates)} dates are left as they were, because "
            + "; ".join(map(str, failed))
        )


def _dates_by_hour(run: _Run) -> dict[str, set[str]]:
    """The event dates that the chosen hours have rows of, and those that they had until lately."""
    recorded = {hour: {*row.rebuild_dates, *(row.event_dates or ())} for hour, row in run.chosen.rows.items()}
    known = {hour: days for hour, days in recorded.items() if days}
    looked_for = [hour for hour in run.chosen.all if hour not in known]
    near = run.manifest is not None
    return {**known, **dates_of_hours(run.spark, run.ingested_uri, looked_for, near=near)}


def _dates(run: _Run, there: Iterable[str], by_hour: Mapping[str, set[str]]) -> set[str]:
    """The event dates to rebuild. Without a manifest the qualified events tell what an hour had before."""
    dates = set[str]().union(*by_hour.values())
    if run.manifest is not None:
        return dates
    events = run.table("events")
    shown = list_partitions(run.spark, events, "event_date")
    if run.chosen.every:
        return {*there, *shown}
    if shown:
        dates |= dates_in_qualified(run.spark.read.schema(QUALIFIED).parquet(events), run.chosen.hours)
    return dates


def _rebuild(run: _Run, dates: Sequence[str], there: Iterable[str]) -> tuple[_Counts, list[Finding]]:
    """Stage, count, judge, and only then show these dates; gives back the counts and what failed."""
    if not dates:
        print_metrics({"job": "processing-layer", "dates": 0, "note": "no event date is to be rebuilt"})
        return _Counts(Counter(), Counter(), Counter()), []
    partitions = [f"event_date={date}" for date in sorted({*dates} & {*there})]
    rows = read_partitions(run.spark, INGESTED, run.ingested_uri, partitions)
    incoming = _by_hour(rows.groupBy("source_hour", "event_date").count())
    per_date = Counter[str]()
    for key, count in incoming.items():
        per_date[key.split(" on ")[1]] += count
    files = {date: files_for(count) for date, count in per_date.items()}
    stage(into_files(one_row_per_event(rows), files), f"{run.staging}/events", "event_date", "file")
    events = run.spark.read.schema(QUALIFIED).parquet(f"{run.staging}/events").select(*QUALIFIED.names)
    kept = _by_hour(events.groupBy("source_hour", "event_date").count())
    counts = _Counts(incoming, kept, incoming - _by_hour(expected_survivors(rows)))
    for table, make in DAILY_TABLES.items():
        stage(into_one_file(make(events)), f"{run.staging}/{table}", "event_date")
    findings = _judge(run, per_date)
    _print(run, dates, (counts, findings), rows_per(events, "event_type"))
    reconcile("rows = kept + duplicates", counts.rows, counts.kept, counts.duplicates)
    failed = [finding for finding in findings if finding.rule.severity == "fail"]
    held_back = {finding.date for finding in failed}
    _show(run, [date for date in dates if date not in held_back], files)
    return counts, failed


def _by_hour(counted: DataFrame) -> Counter[str]:
    """Counts of source hours and event dates; the last column is the count."""
    key = F.concat_ws(" on ", "source_hour", F.col("event_date").cast("string"))
    rows = counted.select(key, F.col(counted.columns[-1])).collect()
    return Counter({row[0]: row[1] for row in rows})


def _judge(run: _Run, dates: Iterable[str]) -> list[Finding]:
    """The quality of what was staged, before anybody can see it."""
    findings = []
    for table, rules in RULES.items():
        rows = run.spark.read.schema(schema_of(table)).parquet(f"{run.staging}/{table}")
        findings += judge(table, rows, dates, rules)
    return findings


def _show(run: _Run, dates: Sequence[str], files: Mapping[str, int]) -> None:
    """Put the staged files of these dates in place: the events first, then the daily tables."""
    staged = list_files(run.spark, run.staging)
    parts = staged_partitions(staged, f"{run.staging}/events", 2)
    content: dict[str, dict[str, str]] = {f"event_date={date}": {} for date in dates}
    for partition, (file, *_) in parts.items():
        date, _, number = partition.partition("/file=")
        if date in content:
            count = files[date.removeprefix("event_date=")]
            content[date][f"part-{number}-of-{count}.parquet"] = file
    put_in_place(run.spark, run.table("events"), content)
    for table in DAILY_TABLES:
        daily = staged_partitions(staged, f"{run.staging}/{table}", 1)
        names = {date: {_ONE_FILE: daily[date][0]} if date in daily else {} for date in content}
        put_in_place(run.spark, run.table(table), names)


def _record(run: _Run, counts: _Counts, held_back: set[str]) -> None:
    """Each hour that was due is done, unless a date of it is held back or it was asked for anew."""
    if run.manifest is None:
        return
    for hour, row in run.chosen.rows.items():
        if row.pending != "process" or hour in held_back:
            continue
        kept, duplicates = (
            sum(count for key, count in counted.items() if key.startswith(f"{hour} on "))
            for counted in (counts.kept, counts.duplicates)
        )
        run.manifest.processed(row, kept=kept, duplicates=duplicates, now=run.now)


def _print(
    run: _Run, dates: Sequence[str], found: tuple[_Counts, Sequence[Finding]], types: Mapping[str, int]
) -> None:
    counts, findings = found
    print_metrics(
        {
            "job": "processing-layer",
            "spark": run.spark.version,
            "dates": len(dates),
            "first_date": dates[0],
            "last_date": dates[-1],
            "rows": counts.rows.total(),
            "kept": counts.kept.total(),
            "duplicates": counts.duplicates.total(),
            "event_types": types,
            "quality": [
                {
                    "table": finding.table,
                    "date": finding.date,
                    "rule": str(finding.rule),
                    "severity": finding.rule.severity,
                    "figure": finding.figure,
                }
                for finding in findings
            ],
        }
    )


if __name__ == "__main__":
    try:
        main(sys.argv[1:])
    except JobError as error:
        sys.exit(f"processing-layer: {error}")
