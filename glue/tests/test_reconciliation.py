from __future__ import annotations

import pytest

from activity_lake.job import JobError
from activity_lake.reconciliation import reconcile


def test_accepts_parts_that_add_up_where_absent_means_none() -> None:
    reconcile("a = b + c", {"x": 3, "y": 0}, {"x": 1}, {"x": 2})


def test_names_where_the_parts_do_not_add_up_even_if_the_totals_do() -> None:
    with pytest.raises(
        JobError, match=r"a = b \+ c does not hold for 2 of 2: x: 3 is not 2 \+ 0; y: 1 is not 1 \+ 1"
    ):
        reconcile("a = b + c", {"x": 3, "y": 1}, {"x": 2, "y": 1}, {"y": 1})


def test_names_a_part_that_the_whole_does_not_know() -> None:
    with pytest.raises(JobError, match="z: 0 is not 4"):
        reconcile("a = b", {}, {"z": 4})
