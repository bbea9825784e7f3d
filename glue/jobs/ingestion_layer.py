"""Ingestion layer: landed hours to typed rows, a partition per source hour; what is refused is kept aside."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from activity_lake.ingestion import accepted_events, parse_lines, refused_files, refused_lines
from activity_lake.job import JobError, open_session, parse_arguments, print_metrics
from activity_lake.landing import InspectedFile, LandedFile, inspect_files, landed_files, read_lines
from activity_lake.reconciliation import reconcile, rows_per
from activity_lake.schemas import INGESTED, QUARANTINE
from activity_lake.storage import remove_partitions, replace_partitions

ARGUMENTS = ("raw-uri", "ingested-uri", "quarantine-uri", "hours", "max-bad-share")


def main(argv: Sequence[str]) -> None:
    """Run the job. Whatever it fails for, the quarantine is written and the metrics are printed before."""
    arguments = parse_arguments(argv, ARGUMENTS)
    spark = open_session("ingestion-layer")
    landed = landed_files(spark, arguments["raw-uri"], arguments["hours"])
    if not landed:
        hours = ", ".join(arguments["hours"]) or "any hour"
        raise JobError(f"--raw-uri {arguments['raw-uri']} holds no file of {hours}")
    files = inspect_files(spark, landed)
    broken = [item for item in files if item.fault]
    lines = Counter({file.hour: 0 for file in landed})
    for item in files:
        lines[item.file.hour] += 0 if item.fault else item.lines

    parsed = parse_lines(read_lines(spark, [item.file for item in files if not item.fault]))
    written = _write_rows(parsed, arguments["ingested-uri"]).where(_in_hours(+lines))
    rows = rows_per(written, "source_hour")
    remove_partitions(spark, arguments["quarantine-uri"], "source_hour", lines)
    refused, reasons = Counter[str](), Counter[str]()
    if broken or rows != lines:
        quarantine = _write_quarantine(parsed, broken, arguments["quarantine-uri"]).where(_in_hours(lines))
        refused = rows_per(quarantine.where(F.col("line_number").isNotNull()), "source_hour")
        reasons = rows_per(quarantine, "reason")

    print_metrics(
        {
            **_input_metrics(landed, lines, arguments["hours"]),
            "job": "ingestion-layer",
            "spark": spark.version,
            "broken_files": {item.file.key: item.fault for item in broken},
            "rows": rows.total(),
            "shapes": rows_per(written, "shape"),
            "quarantined": refused.total(),
            "reasons": reasons,
        }
    )
    reconcile("lines = rows + quarantined", lines, rows, refused)
    _check_share("lines are bad", refused.total(), lines.total(), arguments)
    _check_share("files are broken", len(broken), len(files), arguments)


def _in_hours(hours: Iterable[str]) -> Column:
    return F.col("source_hour").isin(sorted(hours))


def _write_rows(parsed: DataFrame, uri: str) -> DataFrame:
    replace_partitions(accepted_events(parsed), uri, "source_hour")
    return parsed.sparkSession.read.schema(INGESTED).parquet(uri)


def _write_quarantine(parsed: DataFrame, broken: Sequence[InspectedFile], uri: str) -> DataFrame:
    spark = parsed.sparkSession
    refused = refused_lines(parsed).unionByName(refused_files(spark, broken))
    refused.write.mode("append").partitionBy("source_hour").json(uri)
    return spark.read.schema(QUARANTINE).json(uri)


def _input_metrics(
    landed: Sequence[LandedFile], lines: Counter[str], asked: Sequence[str]
) -> dict[str, object]:
    fewest = min(lines, key=lambda hour: (lines[hour], hour))
    return {
        "files": len(landed),
        "hours": len(lines),
        "lines": lines.total(),
        "fewest_lines": {"hour": fewest, "lines": lines[fewest]},
        "missing_hours": sorted(set(asked) - set(lines)),
    }


def _check_share(what: str, bad: int, total: int, arguments: dict[str, Any]) -> None:
    if bad > arguments["max-bad-share"] * total:
        raise JobError(
            f"{bad} of {total} {what}, more than --max-bad-share {arguments['max-bad-share']} allows; "
            f"they are in {arguments['quarantine-uri']}"
        )


if __name__ == "__main__":
    try:
        main(sys.argv[1:])
    except JobError as error:
        sys.exit(f"ingestion-layer: {error}")
