"""Counts of the source against counts of the target, per partition: the only check that sees lost rows."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from activity_lake.job import JobError

_SHOWN = 5


def rows_per(frame: DataFrame, column: str) -> Counter[str]:
    """The number of rows of each value of a column."""
    counted = frame.groupBy(F.col(column).cast("string")).agg(F.count("*"))
    return Counter({row[0]: row[1] for row in counted.collect()})


def reconcile(rule: str, whole: Mapping[str, int], *parts: Mapping[str, int]) -> None:
    """Fail unless, for every key, the parts add up to the whole; the error names the first that do not."""
    keys = sorted(set(whole).union(*parts))
    wrong = [key for key in keys if whole.get(key, 0) != sum(part.get(key, 0) for part in parts)]
    if wrong:
        shown = (
            f"{key}: {whole.get(key, 0)} is not " + " + ".join(str(part.get(key, 0)) for part in parts)
            for key in wrong[:_SHOWN]
        )
        raise JobError(f"{rule} does not hold for {len(wrong)} of {len(keys)}: {'; '.join(shown)}")
