"""The raw layer: which files landed, which of them can be read to their end, and their lines."""

from __future__ import annotations

import gzip
import io
import re
import zlib
from collections.abc import Sequence
from dataclasses import dataclass

from pyspark.sql import DataFrame, Row, SparkSession
from pyspark.sql import functions as F

from activity_lake.storage import list_files

BEST_SOURCE = "gharchive"
"""The hours that the batch function fetched; where real time holds an event too, the archive's copy stays."""

SOURCES = (BEST_SOURCE, "events-api")

_KEY = (
    r"(?P<source>gharchive|events-api)/date=(?P<date>\d{4}-\d{2}-\d{2})/hour=(?P<hour>\d{2})/[^/]+\.json\.gz"
)
_KEY_AT_END = re.compile(_KEY + "$")
_CHUNK_BYTES = 1 << 20


@dataclass(frozen=True)
class LandedFile:
    """One file of the raw layer. `key` is its path below the layer, `hour` is like 2015-01-01-00."""

    uri: str
    key: str
    hour: str

    @property
    def of_archive(self) -> bool:
        return self.key.startswith(f"{BEST_SOURCE}/")


@dataclass(frozen=True)
class InspectedFile:
    """A landed file with its number of lines, or with the fault that keeps it from being read."""

    file: LandedFile
    lines: int
    fault: str | None


def landed_file(uri: str) -> LandedFile | None:
    """The file at a URI, if its key has the raw layer's form; anything else there is none of ours."""
    match = _KEY_AT_END.search(uri)
    return match and LandedFile(uri, match[0], f"{match['date']}-{match['hour']}")


def landed_files(spark: SparkSession, raw_uri: str, hours: Sequence[str]) -> list[LandedFile]:
    """The files of these hours, or of all hours where none is named."""
    folders = [f"{raw_uri}/{source}" for source in SOURCES]
    if hours:
        folders = [f"{top}/date={hour[:10]}/hour={hour[11:]}" for top in folders for hour in hours]
    found = (landed_file(uri) for folder in folders for uri in list_files(spark, folder))
    return [file for file in found if file is not None]


def inspect_content(content: bytes, *, may_be_empty: bool = False) -> tuple[int, str | None]:
    """Count the lines of a gzip file, and name what keeps it from being read to its end.

    A file of the archive without a line counts as broken: an hour without events is a failed landing, not
    a quiet hour. A poll of real time that saw nothing new is a sound gzip file of no lines.
    """
    lines, last = 0, b"\n"
    try:
        with gzip.GzipFile(fileobj=io.BytesIO(content)) as stream:
            while chunk := stream.read(_CHUNK_BYTES):
                lines += chunk.count(b"\n")
                last = chunk[-1:]
    except EOFError:
        return lines, "truncated-gzip"
    except (gzip.BadGzipFile, zlib.error):
        return lines, "corrupt-gzip" if lines or content[:2] == b"\x1f\x8b" else "not-gzip"
    lines += last != b"\n"
    sound = lines > 0 or (may_be_empty and content != b"")
    return lines, None if sound else "empty-file"


def inspect_files(spark: SparkSession, files: Sequence[LandedFile]) -> list[InspectedFile]:
    """Read every file to its end, on the executors, before Spark's own reader sees it.

    That reader stops the whole job at a broken gzip, or drops its rest without a word; and the number of
    lines counted here is what the rows are later reconciled with, independent of it.
    """
    if not files:
        return []
    contents = spark.read.format("binaryFile").load([file.uri for file in files])
    rows = contents.select("path", "content").rdd.map(_inspect_row).collect()
    found = {key: (lines, fault) for key, lines, fault in rows}
    # Spark's reader leaves out a file of no bytes.
    return [InspectedFile(file, *found.get(file.key, (0, "empty-file"))) for file in files]


def _inspect_row(row: Row) -> tuple[str, int, str | None]:
    key = _key(row[0])
    return (key, *inspect_content(row[1], may_be_empty=not key.startswith(f"{BEST_SOURCE}/")))


def _key(uri: str) -> str:
    match = _KEY_AT_END.search(uri)
    if match is None:
        raise ValueError(f"{uri} is no key of the raw layer")
    return match[0]


def read_lines(spark: SparkSession, files: Sequence[LandedFile]) -> DataFrame:
    """The lines of landed files: `line`, `source_file`, `source` and `source_hour`."""
    if not files:
        return spark.createDataFrame([], "line STRING, source_file STRING, source STRING, source_hour STRING")
    text = spark.read.option("lineSep", "\n").text([file.uri for file in files])
    key = F.regexp_extract(F.col("_metadata.file_path"), re.sub(r"\?P<\w+>", "", _KEY) + "$", 0)
    part = F.split(F.col("source_file"), "/")
    hour = F.concat_ws("-", F.substring(part[1], 6, 10), F.substring(part[2], 6, 2))
    lines = text.select(F.col("value").alias("line"), key.alias("source_file"))
    return lines.select("line", "source_file", part[0].alias("source"), hour.alias("source_hour"))
