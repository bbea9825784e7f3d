from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from lake import Lake
from manifest_table import SETTINGS, ManifestTable, aws_here
from pyspark.sql import SparkSession

from activity_lake.job import SESSION_CONF


@pytest.fixture(scope="session")
def spark() -> Iterator[SparkSession]:
    os.environ["SPARK_LOCAL_IP"] = "127.0.0.1"
    builder = SparkSession.builder.master("local[1]").appName("tests")
    small = {
        "spark.ui.enabled": "false",
        # A task has as much on Glue's smallest worker: 10 GB for four of them.
        "spark.driver.memory": "2g",
        "spark.sql.ui.retainedExecutions": "1",
        "spark.sql.shuffle.partitions": "1",
        # Compiling a plan costs more than a few rows do; the rehearsal runs the jobs compiled.
        "spark.sql.codegen.wholeStage": "false",
        "spark.sql.codegen.factoryMode": "NO_CODEGEN",
        # For a few rows the second compiler tier costs as much again as the tests.
        "spark.driver.extraJavaOptions": "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC",
    }
    conf = {**SESSION_CONF, **small}
    for key, value in conf.items():
        builder = builder.config(key, value)
    session = builder.getOrCreate()
    session.sparkContext.setLogLevel("ERROR")
    yield session
    session.stop()


@pytest.fixture
def lake(spark: SparkSession, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Lake:
    return Lake(spark, tmp_path, capsys)


@pytest.fixture(scope="session")
def aws() -> Iterator[str]:
    """The address of an AWS on this machine, for this process's clients too."""
    with aws_here() as url, pytest.MonkeyPatch.context() as environment:
        for name, value in {**SETTINGS, "AWS_ENDPOINT_URL": url}.items():
            environment.setenv(name, value)
        yield url


@pytest.fixture
def manifest(aws: str) -> Iterator[ManifestTable]:
    table = ManifestTable()
    yield table
    table.delete()
