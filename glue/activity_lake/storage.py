"""Files and partitions through Hadoop's file system, which knows S3 on Glue and on any other Spark."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from py4j.protocol import Py4JJavaError
from pyspark.sql import DataFrame, SparkSession

from activity_lake.job import JobError


def _path(spark: SparkSession, uri: str) -> tuple[Any, Any]:
    """The file system of a URI, and the URI as its path."""
    context: Any = spark.sparkContext
    path = context._jvm.org.apache.hadoop.fs.Path(uri)
    return path.getFileSystem(context._jsc.hadoopConfiguration()), path


def _cause(error: Py4JJavaError) -> str:
    return str(error.java_exception.getClass().getSimpleName())


def list_files(spark: SparkSession, uri: str) -> list[str]:
    """Every file below a URI, sorted; none where there is no such folder. A missing bucket is an error."""
    files = []
    try:
        system, path = _path(spark, uri)
        found = system.listFiles(path, True)
        while found.hasNext():
            files.append(str(found.next().getPath().toString()))
    except Py4JJavaError as error:
        if _cause(error) == "FileNotFoundException":
            return []
        # What follows "(Service:" is the answer's identifiers, several times over.
        reason = str(error.java_exception.getMessage()).split(" (Service:")[0]
        raise JobError(f"{uri} cannot be listed: {reason}") from error
    return sorted(files)


def remove(spark: SparkSession, uri: str) -> None:
    """Delete a folder and what it holds, if it is there."""
    system, path = _path(spark, uri)
    system.delete(path, True)


def exists(spark: SparkSession, uri: str) -> bool:
    """Whether anything is at a URI."""
    system, path = _path(spark, uri)
    return bool(system.exists(path))


def replace_partitions(frame: DataFrame, uri: str, column: str) -> None:
    """Overwrite as parquet those partitions that the frame has rows of, and leave all others as they are."""
    writer = frame.write.mode("overwrite").option("partitionOverwriteMode", "dynamic")
    writer.partitionBy(column).parquet(uri)


def remove_partitions(spark: SparkSession, uri: str, column: str, values: Iterable[str]) -> None:
    """Delete whole partitions of a table."""
    for value in values:
        remove(spark, f"{uri}/{column}={value}")
