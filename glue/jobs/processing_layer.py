"""Processing layer: ingested rows to one row per event and daily tables, one partition per event date."""

from __future__ import annotations

import sys
from collections.abc import Sequence

from pyspark.sql import functions as F

from activity_lake.job import JobError, open_session, parse_arguments, print_metrics
from activity_lake.qualification import DAILY_TABLES, KEY, dates_of, into_files, one_row_per_event
from activity_lake.reconciliation import reconcile, rows_per
from activity_lake.schemas import INGESTED, QUALIFIED
from activity_lake.storage import exists, remove_partitions, replace_partitions

ARGUMENTS = ("ingested-uri", "qualified-uri", "hours")


def main(argv: Sequence[str]) -> None:
    """Run the job. The daily tables are made only from events whose counts add up."""
    arguments = parse_arguments(argv, ARGUMENTS)
    qualified_uri, hours = arguments["qualified-uri"], arguments["hours"]
    events_uri = f"{qualified_uri}/events"
    spark = open_session("processing-layer")
    if not exists(spark, arguments["ingested-uri"]):
        raise JobError(
            f"--ingested-uri {arguments['ingested-uri']} holds nothing; run the ingestion layer first"
        )
    ingested = spark.read.schema(INGESTED).parquet(arguments["ingested-uri"])
    dates = dates_of(ingested, hours)
    if exists(spark, events_uri):
        dates |= dates_of(spark.read.schema(QUALIFIED).parquet(events_uri), hours)
    if not dates:
        raise JobError(
            f"--ingested-uri {arguments['ingested-uri']} holds no row of {', '.join(hours) or 'any hour'}"
        )

    in_dates = F.col("event_date").isin(sorted(dates))
    rows = ingested.where(in_dates)
    incoming = rows_per(rows, "event_date")
    duplicates = incoming - rows_per(rows.select(*KEY).distinct(), "event_date")
    replace_partitions(
        into_files(one_row_per_event(rows), max(incoming.values(), default=0)), events_uri, "event_date"
    )
    emptied = {str(date) for date in dates} - set(incoming)
    remove_partitions(spark, events_uri, "event_date", emptied)
    events = spark.read.schema(QUALIFIED).parquet(events_uri).where(in_dates)
    kept = rows_per(events, "event_date")

    print_metrics(
        {
            "job": "processing-layer",
            "spark": spark.version,
            "dates": len(dates),
            "first_date": str(min(dates)),
            "last_date": str(max(dates)),
            "rows": incoming.total(),
            "kept": kept.total(),
            "duplicates": duplicates.total(),
            "event_types": rows_per(events, "event_type"),
        }
    )
    reconcile("rows = kept + duplicates", incoming, kept, duplicates)
    for table, make in DAILY_TABLES.items():
        remove_partitions(spark, f"{qualified_uri}/{table}", "event_date", map(str, dates))
        replace_partitions(make(events).coalesce(1), f"{qualified_uri}/{table}", "event_date")


if __name__ == "__main__":
    try:
        main(sys.argv[1:])
    except JobError as error:
        sys.exit(f"processing-layer: {error}")
