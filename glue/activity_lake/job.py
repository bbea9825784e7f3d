"""What both jobs share: their arguments, their session and the way they report and fail."""

from __future__ import annotations

import argparse
import json
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NoReturn

from pyspark.sql import SparkSession

SPARK_LINE = "3.5."
"""Glue 5.1 runs Spark 3.5.6; another minor version parses JSON and bytes differently."""

SESSION_CONF = {
    "spark.sql.session.timeZone": "UTC",
    "spark.sql.parquet.compression.codec": "zstd",
    "spark.sql.parquet.outputTimestampType": "TIMESTAMP_MICROS",
    "spark.sql.ansi.enabled": "false",
}

HOUR_ARGUMENT = re.compile(r"(\d{4}-\d{2}-\d{2})-(\d{1,2})")
TABLE_ARGUMENT = re.compile(r"[A-Za-z0-9_.-]{3,255}")
URI_ARGUMENT = re.compile(r"(?:s3a?|file)://\S+")


class JobError(Exception):
    """A failure that a person reads: what is wrong, and where."""


class _Arguments(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        raise JobError(message)


def layer_uri(value: str) -> str:
    """A layer's address without the slash at its end, `s3://bucket/prefix`."""
    if not URI_ARGUMENT.fullmatch(value):
        raise ValueError("must be a URI like s3://bucket/prefix")
    return value.rstrip("/")


def table_uri(value: str) -> str:
    """A table's address; Spark cannot make a bucket's root a table."""
    uri = layer_uri(value)
    if "/" not in uri.partition("://")[2]:
        raise ValueError("must name a folder of the bucket, like s3://bucket/prefix")
    return uri


def source_hours(value: str) -> tuple[str, ...]:
    """Hours as GH Archive names them, `2015-01-01-0,2015-01-01-13`, as `2015-01-01-00`."""
    hours = set()
    for part in filter(None, (part.strip() for part in value.split(","))):
        match = HOUR_ARGUMENT.fullmatch(part)
        if match is None or int(match[2]) > 23:
            raise ValueError(f"holds {part!r}; an hour looks like 2015-01-01-0")
        hours.add(f"{match[1]}-{int(match[2]):02d}")
    return tuple(sorted(hours))


def share(value: str) -> float:
    """A share between 0 and 1."""
    number = float(value)
    if not 0 <= number <= 1:
        raise ValueError("must lie between 0 and 1")
    return number


def table_name(value: str) -> str:
    """A DynamoDB table of this account and region."""
    if not TABLE_ARGUMENT.fullmatch(value):
        raise ValueError("must be the name of a DynamoDB table")
    return value


_CONVERTERS: dict[str, Callable[[str], Any]] = {
    "ingested-uri": table_uri,
    "quarantine-uri": table_uri,
    "hours": source_hours,
    "max-bad-share": share,
    "manifest-table": table_name,
}
_DEFAULTS: dict[str, Any] = {"hours": (), "max-bad-share": 0.01, "manifest-table": None}


def parse_arguments(argv: Sequence[str], names: Sequence[str]) -> dict[str, Any]:
    """Read `--name value` pairs, all of whose faults are named in one `JobError`.

    The same parser serves Glue, which passes the very same pairs, because `getResolvedOptions` knows no
    optional argument and stops at the first fault. Glue adds arguments of its own beside `--JOB_NAME`,
    so what is unknown is an error only where that one is absent.
    """
    parser = _Arguments(add_help=False, allow_abbrev=False)
    for name in names:
        parser.add_argument(f"--{name}", dest=name)
    found, rest = parser.parse_known_args(list(argv))
    unknown = [word for word in rest if word.startswith("--")] or rest
    faults = [] if "--JOB_NAME" in rest else [f"{word} is unknown" for word in unknown]
    values: dict[str, Any] = {}
    for name in names:
        text = getattr(found, name)
        if not text:
            if name in _DEFAULTS:
                values[name] = _DEFAULTS[name]
            else:
                faults.append(f"--{name} is missing")
            continue
        try:
            values[name] = _CONVERTERS.get(name, layer_uri)(text)
        except ValueError as fault:
            faults.append(f"--{name} {fault}")
    if faults:
        known = ", ".join(f"--{name}" for name in names)
        raise JobError(f"{'; '.join(faults)}. Arguments: {known}")
    return values


def open_session(name: str) -> SparkSession:
    """The running Spark session or a new one, with the settings that the results depend on."""
    builder = SparkSession.builder.appName(name)
    for key, value in SESSION_CONF.items():
        builder = builder.config(key, value)
    spark = builder.getOrCreate()
    if not spark.version.startswith(SPARK_LINE):
        raise JobError(f"Spark is {spark.version}; the jobs are made for {SPARK_LINE}x, as Glue 5.1 runs it")
    return spark


def print_metrics(metrics: Mapping[str, object]) -> None:
    """One JSON line on standard output, which CloudWatch Logs Insights can query as it is."""
    print(json.dumps(metrics, sort_keys=True), flush=True)
