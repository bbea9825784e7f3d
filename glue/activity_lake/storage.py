"""Files and partitions through Hadoop's file system, which knows S3 on Glue and on any other Spark."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from pathlib import Path
from typing import Any

from py4j.protocol import Py4JJavaError
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql.types import StructType

from activity_lake.aws import s3_client
from activity_lake.job import JobError

_CALLS_AT_ONCE = 16


def _path(spark: SparkSession, uri: str) -> tuple[Any, Any]:
    """The file system of a URI, and the URI as its path."""
    context: Any = spark.sparkContext
    path = context._jvm.org.apache.hadoop.fs.Path(uri)
    return path.getFileSystem(context._jsc.hadoopConfiguration()), path


def _cause(error: Py4JJavaError) -> str:
    return str(error.java_exception.getClass().getSimpleName())


def _unlisted(uri: str, error: Py4JJavaError) -> list[str]:
    """None where there is no such folder; a missing bucket is an error."""
    if _cause(error) == "FileNotFoundException":
        return []
    # What follows "(Service:" is the answer's identifiers, several times over.
    reason = str(error.java_exception.getMessage()).split(" (Service:")[0]
    raise JobError(f"{uri} cannot be listed: {reason}") from error


def list_files(spark: SparkSession, uri: str) -> list[str]:
    """Every file below a URI, sorted; none where there is no such folder."""
    files = []
    try:
        system, path = _path(spark, uri)
        found = system.listFiles(path, True)
        while found.hasNext():
            files.append(str(found.next().getPath().toString()))
    except Py4JJavaError as error:
        return _unlisted(uri, error)
    return sorted(files)


def list_partitions(spark: SparkSession, uri: str, column: str) -> list[str]:
    """The values that a table's folders directly below a URI have of a column, sorted."""
    try:
        system, path = _path(spark, uri)
        names = [str(status.getPath().getName()) for status in system.listStatus(path)]
    except Py4JJavaError as error:
        return _unlisted(uri, error)
    return sorted(name.removeprefix(f"{column}=") for name in names if name.startswith(f"{column}="))


def remove(spark: SparkSession, uri: str) -> None:
    """Delete a file, or a folder and what it holds, if it is there."""
    system, path = _path(spark, uri)
    system.delete(path, True)


def at_once(work: Callable[[str], Any], items: Iterable[str]) -> list[Any]:
    """The results of calls that wait for storage, several of them at a time."""
    with ThreadPoolExecutor(_CALLS_AT_ONCE) as pool:
        return list(pool.map(work, items))


def dates_of_hours(
    spark: SparkSession, ingested_uri: str, hours: Iterable[str], *, near: bool = False
) -> dict[str, set[str]]:
    """The event dates that these source hours have partitions of in the ingested layer, by looking.

    `near` looks only where real time can have put events, however many years the layer has: the Events API
    lists nothing that is older than 30 days.
    """
    found: dict[str, set[str]] = {hour: set() for hour in hours}
    if not found:
        return found
    dates = list_partitions(spark, ingested_uri, "event_date")
    if near:
        dates = [day for day in dates if any(_is_near(day, hour) for hour in found)]
    folders = [f"{ingested_uri}/event_date={day}" for day in dates]
    listed = at_once(lambda folder: list_partitions(spark, folder, "source_hour"), folders)
    for day, there in zip(dates, listed, strict=True):
        for hour in found.keys() & set(there):
            found[hour].add(day)
    return found


_DAYS_BEFORE, _DAYS_AFTER = 31, 1


def _is_near(event_date: str, hour: str) -> bool:
    days = (date.fromisoformat(event_date) - date.fromisoformat(hour[:10])).days
    return -_DAYS_BEFORE <= days <= _DAYS_AFTER


def read_partitions(
    spark: SparkSession, schema: StructType, uri: str, partitions: Iterable[str]
) -> DataFrame:
    """The rows of these partitions, such as `event_date=2015-01-01`, and no look at any other."""
    paths = [f"{uri}/{partition}" for partition in partitions]
    if not paths:
        return spark.createDataFrame([], schema)
    rows = spark.read.schema(schema).option("basePath", uri).parquet(*paths)
    return rows.select(*schema.names)


def stage(frame: DataFrame, staging: str, *columns: str) -> None:
    """Write a table as parquet where no reader looks; what an earlier run left there goes first."""
    frame.write.mode("overwrite").option("partitionOverwriteMode", "static").partitionBy(*columns).parquet(
        staging
    )


def staged_partitions(files: Iterable[str], staging: str, depth: int) -> dict[str, list[str]]:
    """Staged parquet files by the first `depth` folders of their path below the staging folder."""
    found: dict[str, list[str]] = {}
    top = _place(staging)[1] + "/"
    for uri in files:
        folders = _place(uri)[1].removeprefix(top).split("/")
        if folders[-1].endswith(".parquet"):
            found.setdefault("/".join(folders[:depth]), []).append(uri)
    return found


def put_in_place(spark: SparkSession, uri: str, content: Mapping[str, Mapping[str, str]]) -> None:
    """Make staged files the whole content of partitions: partition to (name to staged file).

    One object after the other, by a copy that S3 makes itself: an object is the old or the new one, never
    half of it. Higher names go first and files that are no longer named go last, so that at no moment a
    row that stays is missing.
    """

    def replace(partition: str) -> None:
        folder, files = f"{uri}/{partition}", content[partition]
        for name in sorted(files, reverse=True):
            put_file(files[name], f"{folder}/{name}")
        if not files:
            remove(spark, folder)
            return
        for old in list_files(spark, folder):
            if old.rpartition("/")[2] not in files:
                remove(spark, old)

    at_once(replace, content)


def _place(uri: str) -> tuple[str, str]:
    """The scheme of a URI and the rest, however many slashes Hadoop writes between them."""
    scheme, _, rest = uri.partition(":")
    return scheme, "/" + rest.lstrip("/") if scheme == "file" else rest.lstrip("/")


def put_file(staged: str, target: str) -> None:
    """Put one staged file where it belongs, whole at once: a copy within S3, a rename on a disk."""
    scheme, path = _place(target)
    if scheme == "file":
        Path(path).parent.mkdir(parents=True, exist_ok=True)
        Path(_place(staged)[1]).replace(path)
        return
    source_bucket, _, source_key = _place(staged)[1].partition("/")
    bucket, _, key = path.partition("/")
    s3_client().copy_object(Bucket=bucket, Key=key, CopySource={"Bucket": source_bucket, "Key": source_key})


def remove_partitions(spark: SparkSession, uri: str, partitions: Iterable[str]) -> None:
    """Delete whole partitions of a table, such as `event_date=2015-01-01`."""
    at_once(lambda partition: remove(spark, f"{uri}/{partition}"), partitions)
