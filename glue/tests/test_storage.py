from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import boto3
import pytest
from manifest_table import SETTINGS
from pyspark.sql import SparkSession

from activity_lake import storage
from activity_lake.storage import dates_of_hours, put_file, staged_partitions


def test_a_file_is_put_in_place_within_s3_under_either_scheme(aws: str) -> None:
    client = boto3.client("s3", region_name=SETTINGS["AWS_REGION"])
    client.create_bucket(
        Bucket="lake", CreateBucketConfiguration={"LocationConstraint": SETTINGS["AWS_REGION"]}
    )
    for body, scheme in ((b"old", "s3"), (b"new", "s3a")):
        client.put_object(Bucket="lake", Key="q/_staging/events/event_date=2015-01-01/x.parquet", Body=body)
        staged = f"{scheme}://lake/q/_staging/events/event_date=2015-01-01/x.parquet"
        put_file(staged, f"{scheme}://lake/q/events/event_date=2015-01-01/part-0-of-1.parquet")
        put = client.get_object(Bucket="lake", Key="q/events/event_date=2015-01-01/part-0-of-1.parquet")
        assert put["Body"].read() == body


def test_a_file_replaces_another_on_a_disk(tmp_path: Path) -> None:
    for content in ("old", "new"):
        (tmp_path / "staged").write_text(content)
        put_file(f"file:{tmp_path}/staged", f"file://{tmp_path}/table/event_date=2015-01-01/part")
        assert (tmp_path / "table" / "event_date=2015-01-01" / "part").read_text() == content


@pytest.mark.parametrize("top", ["s3://lake/_staging/rows", "file:///lake/_staging/rows"])
def test_staged_files_are_known_by_their_folders(top: str) -> None:
    as_hadoop_writes = top.replace("file:///", "file:/")
    files = [
        f"{as_hadoop_writes}/{name}"
        for name in ("_SUCCESS", "d=1/h=2/a.parquet", "d=1/h=2/b.parquet", "d=2/h=2/.c.parquet.crc")
    ]
    assert staged_partitions(files, top, 2) == {"d=1/h=2": files[1:3]}


def test_new_files_come_before_old_ones_go(
    spark: SparkSession, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """At every moment each row that stays is in a file, and while the names stay the same in exactly one."""
    partition = tmp_path / "table" / "event_date=2015-01-01"
    seen: list[list[str]] = []

    def watched(work: Callable[..., None]) -> Callable[..., None]:
        def then(*given: object) -> None:
            work(*given)
            seen.append(sorted(path.name for path in partition.iterdir()))

        return then

    monkeypatch.setattr(storage, "put_file", watched(storage.put_file))
    monkeypatch.setattr(storage, "remove", watched(storage.remove))

    def put(*names: str) -> list[list[str]]:
        seen.clear()
        for name in names:
            (tmp_path / name).write_text(name)
        content = {"event_date=2015-01-01": {name: f"file:{tmp_path}/{name}" for name in names}}
        storage.put_in_place(spark, f"file://{tmp_path}/table", content)
        return list(seen)

    assert put("part-0-of-1") == [["part-0-of-1"]]
    assert put("part-0-of-1") == [["part-0-of-1"]]
    assert put("part-0-of-2", "part-1-of-2") == [
        ["part-0-of-1", "part-1-of-2"],
        ["part-0-of-1", "part-0-of-2", "part-1-of-2"],
        ["part-0-of-2", "part-1-of-2"],
    ]


def test_finds_the_dates_of_hours_and_near_only_those_that_real_time_can_have(
    spark: SparkSession, tmp_path: Path
) -> None:
    hour, other = "2026-09-25-13", "2026-09-25-14"
    for day in ("2012-03-01", "2026-08-25", "2026-09-25", "2026-09-26", "2026-09-27"):
        (tmp_path / f"event_date={day}" / f"source_hour={hour}").mkdir(parents=True)
    (tmp_path / "event_date=2026-09-25" / f"source_hour={other}").mkdir()
    near = {"2026-08-25", "2026-09-25", "2026-09-26"}
    uri = f"file://{tmp_path}"
    assert dates_of_hours(spark, uri, [hour]) == {hour: near | {"2012-03-01", "2026-09-27"}}
    assert dates_of_hours(spark, uri, [hour], near=True) == {hour: near}
    assert dates_of_hours(spark, uri, ["2026-09-25-15"], near=True) == {"2026-09-25-15": set()}
