"""Ingestion layer: landed hours to typed rows, by event date and hour; what is refused is kept aside."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from activity_lake.hours import Chosen, check_lines, choose_hours, count_hours, refusal
from activity_lake.ingestion import accepted_events, parse_lines, refused_files, refused_lines
from activity_lake.job import JobError, open_session, parse_arguments, print_metrics
from activity_lake.landing import InspectedFile, inspect_files, landed_files, read_lines
from activity_lake.manifest import Ingested, Manifest, open_manifest
from activity_lake.reconciliation import rows_per
from activity_lake.schemas import INGESTED, QUARANTINE
from activity_lake.storage import (
    dates_of_hours,
    list_files,
    put_in_place,
    remove,
    remove_partitions,
    stage,
    staged_partitions,
)

ARGUMENTS = ("raw-uri", "ingested-uri", "quarantine-uri", "hours", "max-bad-share", "manifest-table")


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

    @property
    def staging(self) -> str:
        return f"{self.ingested_uri}/_staging"


def main(argv: Sequence[str]) -> None:
    """Run the job. Whatever it fails for, the quarantine is written and the metrics are printed before."""
    arguments = parse_arguments(argv, ARGUMENTS)
    now = datetime.now(UTC)
    manifest = open_manifest(arguments["manifest-table"])
    chosen = choose_hours(manifest, "ingest", arguments["hours"], now)
    run = _Run(open_session("ingestion-layer"), arguments, manifest, chosen, now)
    remove(run.spark, run.staging)
    landed = landed_files(run.spark, arguments["raw-uri"], chosen.all) if chosen.all or not manifest else []
    there = {file.hour for file in landed}
    due = {hour for hour, row in chosen.rows.items() if row.pending == "ingest"}
    hours = sorted(there | (due & set(chosen.hours)))
    if not hours and manifest is None:
        named = ", ".join(arguments["hours"]) or "any hour"
        raise JobError(f"--raw-uri {arguments['raw-uri']} holds no file of {named}")
    if not hours:
        print_metrics({**_metrics([], {}), "note": "no hour is due and the latest have no file"})
        return
    try:
        _ingest(run, inspect_files(run.spark, landed), hours)
    finally:
        remove(run.spark, run.staging)


def _ingest(run: _Run, files: Sequence[InspectedFile], hours: Sequence[str]) -> None:
    results, details = _read(run, files, hours)
    refused = _refused(results, run.chosen, run.arguments["max-bad-share"])
    there = {item.file.hour for item in files}
    missing = sorted(set(run.arguments["hours"]) - there)
    more = {"missing_hours": missing, "refused_hours": refused, "spark": run.spark.version}
    print_metrics({**_metrics(files, results), **details, **more})
    check_lines(results)
    _replace(run, {hour: result for hour, result in results.items() if hour not in refused})
    _record(run, results, refused)
    if refused:
        named = "; ".join(f"{hour}: {why}" for hour, why in refused.items())
        raise JobError(
            f"{len(refused)} of {len(hours)} hours are refused and left as they were; what is bad is in "
            f"{run.arguments['quarantine-uri']}. {named}"
        )


def _read(
    run: _Run, files: Sequence[InspectedFile], hours: Sequence[str]
) -> tuple[dict[str, Ingested], dict[str, object]]:
    """Stage the rows of all files that can be read, and write what is refused into the quarantine."""
    spark, quarantine = run.spark, run.arguments["quarantine-uri"]
    broken = [item for item in files if item.fault]
    staging = f"{run.staging}/rows"
    parsed = parse_lines(read_lines(spark, [item.file for item in files if not item.fault]))
    stage(accepted_events(parsed), staging, "event_date", "source_hour")
    written = spark.read.schema(INGESTED).parquet(staging)
    shapes: Counter[str] = Counter()
    rows: Counter[tuple[str, str]] = Counter()
    grouped = written.groupBy("source_hour", F.col("event_date").cast("string"), "shape").count()
    for hour, date, shape, count in grouped.collect():
        rows[hour, date] += count
        shapes[shape] += count
    lines = sum(item.lines for item in files if not item.fault)
    remove_partitions(spark, quarantine, [f"source_hour={hour}" for hour in hours])
    refused, reasons = Counter[str](), Counter[str]()
    if broken or rows.total() != lines:
        kept = _write_quarantine(parsed, broken, quarantine).where(F.col("source_hour").isin(list(hours)))
        refused = rows_per(kept.where(F.col("line_number").isNotNull()), "source_hour")
        reasons = rows_per(kept, "reason")
    return count_hours(hours, files, rows, refused), {"shapes": shapes, "reasons": reasons}


def _write_quarantine(parsed: DataFrame, broken: Sequence[InspectedFile], uri: str) -> DataFrame:
    spark = parsed.sparkSession
    refused = refused_lines(parsed).unionByName(refused_files(spark, broken))
    refused.write.mode("append").partitionBy("source_hour").json(uri)
    return spark.read.schema(QUARANTINE).json(uri)


def _refused(results: Mapping[str, Ingested], chosen: Chosen, max_bad_share: float) -> dict[str, str]:
    judged = {hour: refusal(result, chosen.rows.get(hour), max_bad_share) for hour, result in results.items()}
    return {hour: why for hour, why in judged.items() if why is not None}


def _replace(run: _Run, taken: Mapping[str, Ingested]) -> None:
    """Make what was staged of these hours all that the ingested layer has of them."""
    rows = {hour: row for hour, row in run.chosen.rows.items() if hour in taken}
    before = {hour: set(row.event_dates) for hour, row in rows.items() if row.event_dates is not None}
    # What the manifest knows no dates of was never ingested with it, or is what real time saw lately.
    unknown, near = taken.keys() - before.keys(), run.manifest is not None
    before.update(dates_of_hours(run.spark, run.ingested_uri, unknown, near=near))
    files = staged_partitions(list_files(run.spark, run.staging), f"{run.staging}/rows", 2)
    content = {}
    for hour, result in taken.items():
        dates = {*result.event_dates, *before[hour]}
        if run.manifest is not None and hour in rows:
            run.manifest.announce(rows[hour], dates)
        for date in dates:
            partition = f"event_date={date}/source_hour={hour}"
            content[partition] = _named(files.get(partition, []))
    put_in_place(run.spark, run.ingested_uri, content)


def _named(files: Sequence[str]) -> dict[str, str]:
    return {f"part-{number}-of-{len(files)}.parquet": file for number, file in enumerate(sorted(files))}


def _record(run: _Run, results: Mapping[str, Ingested], refused: Mapping[str, str]) -> None:
    """What came of each hour that was due; an hour that was asked for anew in the meantime stays due."""
    for hour, result in results.items():
        row = run.chosen.rows.get(hour)
        if run.manifest is None or row is None or row.pending != "ingest":
            continue
        if hour in refused:
            why = {row.key or f"source_hour={hour}": refused[hour]}
            run.manifest.refused(row, replace(result, faults={**why, **result.faults}))
        else:
            run.manifest.ingested(row, result, run.now)


def _metrics(files: Sequence[InspectedFile], results: Mapping[str, Ingested]) -> dict[str, object]:
    fewest = min(results, key=lambda hour: (results[hour].lines, hour), default=None)
    return {
        "job": "ingestion-layer",
        "files": len(files),
        "hours": len(results),
        "lines": sum(result.lines for result in results.values()),
        "rows": sum(result.rows for result in results.values()),
        "quarantined": sum(result.quarantined for result in results.values()),
        "fewest_lines": fewest and {"hour": fewest, "lines": results[fewest].lines},
        "broken_files": {item.file.key: item.fault for item in files if item.fault},
    }


if __name__ == "__main__":
    try:
        main(sys.argv[1:])
    except JobError as error:
        sys.exit(f"ingestion-layer: {error}")
