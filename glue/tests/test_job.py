from __future__ import annotations

import pytest

from activity_lake.job import JobError, parse_arguments

NAMES = ("raw-uri", "ingested-uri", "hours", "max-bad-share")
URIS = ["--raw-uri", "s3://raw/", "--ingested-uri", "s3a://lake/ingested"]


def test_reads_uris_without_their_last_slash_and_fills_in_what_is_optional() -> None:
    assert parse_arguments(URIS, NAMES) == {
        "raw-uri": "s3://raw",
        "ingested-uri": "s3a://lake/ingested",
        "hours": (),
        "max-bad-share": 0.01,
    }


def test_reads_hours_as_the_archive_names_them_sorted_and_once() -> None:
    values = parse_arguments([*URIS, "--hours", "2015-01-01-13, 2015-01-01-1,2015-01-01-01"], NAMES)
    assert values["hours"] == ("2015-01-01-01", "2015-01-01-13")


def test_names_every_fault_in_one_message() -> None:
    argv = [
        "--raw-uri",
        "raw",
        "--hours",
        "2015-01-01-24",
        "--max-bad-share",
        "2",
        "--ingest-uri",
        "s3://x/y",
    ]
    with pytest.raises(JobError) as error:
        parse_arguments(argv, NAMES)
    message = str(error.value)
    assert "--ingest-uri is unknown" in message
    assert "--ingested-uri is missing" in message
    assert "--raw-uri must be a URI" in message
    assert "'2015-01-01-24'" in message
    assert "--max-bad-share must lie between 0 and 1" in message


def test_does_not_take_a_beginning_for_the_whole_name() -> None:
    with pytest.raises(JobError, match="--raw is unknown"):
        parse_arguments([*URIS, "--raw", "s3://other/"], NAMES)


def test_leaves_the_arguments_that_glue_adds_to_glue() -> None:
    added = [
        "--JOB_NAME",
        "ingestion",
        "--JOB_RUN_ID",
        "jr_1",
        "--TempDir",
        "s3://t/",
        "--enable-metrics",
        "true",
    ]
    assert parse_arguments([*added, *URIS], NAMES)["raw-uri"] == "s3://raw"


def test_a_buckets_root_is_no_table() -> None:
    with pytest.raises(JobError, match="--ingested-uri must name a folder of the bucket"):
        parse_arguments(["--raw-uri", "s3://raw", "--ingested-uri", "s3a://lake/"], NAMES)
