from __future__ import annotations

import gzip

import pytest

from activity_lake.landing import inspect_content, landed_file

TWO_LINES = gzip.compress(b'{"a":1}\n{"a":2}\n')


@pytest.mark.parametrize(
    ("content", "lines", "fault"),
    [
        (TWO_LINES, 2, None),
        (gzip.compress(b'{"a":1}\n{"a":2}'), 2, None),
        (TWO_LINES + gzip.compress(b'{"a":3}\n'), 3, None),
        (TWO_LINES[:-4], 2, "truncated-gzip"),
        (TWO_LINES[:-8] + b"\0\0\0\0" + TWO_LINES[-4:], 2, "corrupt-gzip"),
        (b"<html>503</html>", 0, "not-gzip"),
        (b"", 0, "empty-file"),
        (gzip.compress(b""), 0, "empty-file"),
    ],
    ids=[
        "sound",
        "no last newline",
        "two members",
        "truncated",
        "bad checksum",
        "html",
        "no bytes",
        "no lines",
    ],
)
def test_counts_lines_and_names_what_keeps_a_file_from_being_read(
    content: bytes, lines: int, fault: str | None
) -> None:
    counted, found = inspect_content(content)
    assert found == fault
    if fault is None:
        assert counted == lines


def test_a_poll_that_saw_nothing_new_is_sound_and_nothing_at_all_is_not() -> None:
    assert inspect_content(gzip.compress(b""), may_be_empty=True) == (0, None)
    assert inspect_content(b"", may_be_empty=True) == (0, "empty-file")
    assert inspect_content(gzip.compress(b"")[:-4], may_be_empty=True) == (0, "truncated-gzip")


def test_knows_its_keys_and_nothing_else() -> None:
    key = "gharchive/date=2015-01-01/hour=03/2015-01-01-3.json.gz"
    file = landed_file(f"s3://raw/{key}")
    assert file is not None
    assert (file.key, file.hour) == (key, "2015-01-01-03")
    assert landed_file("s3://raw/gharchive/date=2015-01-01/hour=03/.part-1.tmp") is None
    assert landed_file("s3://raw/manifest/2015-01-01.json.gz") is None
