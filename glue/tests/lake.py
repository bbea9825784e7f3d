"""A whole lake in a temporary folder, and the jobs as a caller runs them."""

from __future__ import annotations

import gzip
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import ingestion_layer
import processing_layer
import pytest
from events import line_of
from pyspark.sql import DataFrame, SparkSession


@dataclass
class Lake:
    spark: SparkSession
    root: Path
    output: pytest.CaptureFixture[str]

    def uri(self, layer: str) -> str:
        return f"file://{self.root}/{layer}"

    def land(self, hour: str, *lines: object, source: str = "gharchive", name: str = "a") -> Path:
        """Put a file of lines into the raw layer: objects as JSON, text and bytes as they are."""
        return self.land_bytes(hour, gzip.compress(b"".join(map(line_of, lines))), source=source, name=name)

    def land_bytes(self, hour: str, content: bytes, *, source: str = "gharchive", name: str = "a") -> Path:
        file = self.root / "raw" / source / f"date={hour[:10]}" / f"hour={hour[11:]}" / f"{name}.json.gz"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content)
        return file

    def ingest(self, *more: str) -> dict[str, Any]:
        layers = [
            word for name in ("raw", "ingested", "quarantine") for word in (f"--{name}-uri", self.uri(name))
        ]
        ingestion_layer.main([*layers, *more])
        return self.metrics()

    def process(self, *more: str) -> dict[str, Any]:
        layers = [word for name in ("ingested", "qualified") for word in (f"--{name}-uri", self.uri(name))]
        processing_layer.main([*layers, *more])
        return self.metrics()

    def metrics(self) -> dict[str, Any]:
        """The metrics that the last job printed, also one that failed."""
        printed: dict[str, Any] = json.loads(self.output.readouterr().out.splitlines()[-1])
        return printed

    def table(self, name: str) -> DataFrame:
        return self.spark.read.parquet(self.uri(name))

    def rows(self, name: str, *columns: str) -> list[tuple[Any, ...]]:
        """The rows of a table, sorted, as tuples of these columns."""
        return sorted(tuple(row) for row in self.table(name).select(*columns).collect())

    def quarantine(self) -> list[dict[str, Any]]:
        """What is kept aside, as a person reads it from the files."""
        files = (self.root / "quarantine").glob("source_hour=*/*.json")
        rows = [json.loads(text) for file in files for text in file.read_text().splitlines()]
        return sorted(rows, key=lambda row: (row["source_file"], row.get("line_number", 0)))

    def files(self, name: str) -> list[str]:
        """Every file of a layer but the ones that Hadoop keeps for itself, by its path in the layer."""
        top = self.root / name
        paths = (path for path in top.rglob("*") if path.is_file() and path.suffix != ".crc")
        return sorted(str(path.relative_to(top)) for path in paths)

    def partitions(self, name: str) -> Sequence[str]:
        return sorted(path.name for path in (self.root / name).iterdir() if path.is_dir())
