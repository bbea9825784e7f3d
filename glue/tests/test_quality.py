from __future__ import annotations

import re

import pytest
from pyspark.sql import DataFrame, SparkSession

from activity_lake.quality import RULES, Rule, judge, read_rules
from activity_lake.schemas import schema_of

DAYS = ("2015-01-01", "2015-01-02", "2015-01-03")


def days(spark: SparkSession) -> DataFrame:
    """A good day, and a day with an empty, a wrong, a long and a doubled value; the third has no row."""
    rows = [
        ("a", 1, "2015-01-01"),
        ("b", 2, "2015-01-01"),
        ("a", 1, "2015-01-02"),
        ("a", -1, "2015-01-02"),
        (None, 3, "2015-01-02"),
        ("long", None, "2015-01-02"),
    ]
    return spark.createDataFrame(rows, "name STRING, size LONG, event_date STRING")


@pytest.mark.parametrize(
    ("rule", "broken"),
    [
        (Rule("RowCount", expression="> 0"), {"2015-01-03": "it is 0"}),
        (Rule("RowCount", expression="<= 3"), {"2015-01-02": "it is 4"}),
        (Rule("IsPrimaryKey", ("name", "event_date")), {"2015-01-02": "2 rows break it"}),
        (Rule("IsComplete", ("name",)), {"2015-01-02": "1 rows break it"}),
        (Rule("IsComplete", ("name",), where="size < 3"), {}),
        (Rule("Completeness", ("name",), "> 0.8"), {"2015-01-02": "it is 0.75"}),
        (Rule("Completeness", ("name",), "> 0.75", where="size > 100"), {}),
        (Rule("ColumnValues", ("size",), ">= 0"), {"2015-01-02": "2 rows break it"}),
        (
            Rule("ColumnValues", ("size",), ">= 0", where="size is not null"),
            {"2015-01-02": "1 rows break it"},
        ),
        (Rule("ColumnValues", ("name",), values=("a", "b")), {"2015-01-02": "2 rows break it"}),
        (Rule("ColumnValues", ("name",), matches="^[a-z]$"), {"2015-01-02": "2 rows break it"}),
        (Rule("ColumnLength", ("name",), "= 1"), {"2015-01-02": "2 rows break it"}),
    ],
    ids=str,
)
def test_a_rule_names_the_dates_that_break_it_with_the_figure(
    spark: SparkSession, rule: Rule, broken: dict[str, str]
) -> None:
    assert {found.date: found.figure for found in judge("t", days(spark), DAYS, [rule])} == broken


def test_all_rules_of_a_table_take_one_look_at_it(spark: SparkSession) -> None:
    looks = spark.sparkContext.accumulator(0)

    def seen(rows: object) -> object:
        looks.add(1)
        return rows

    rows = days(spark).coalesce(1).rdd.mapPartitions(seen).toDF(days(spark).schema)  # type: ignore[arg-type]
    rules = [
        Rule("IsComplete", ("name",)),
        Rule("RowCount", expression="> 0"),
        Rule("IsPrimaryKey", ("name",)),
    ]
    judge("t", rows, DAYS, rules)
    assert looks.value == 1


@pytest.mark.parametrize(
    "entry", [{"type": "IsUnheardOf"}, {"type": "IsComplete", "columns": ["a"], "treshold": "> 1"}]
)
def test_a_rule_that_is_not_known_is_an_error(entry: dict[str, object]) -> None:
    with pytest.raises(ValueError, match=r"quality\.json has a rule of events that is not known"):
        read_rules({"events": [entry]})


def test_every_rule_is_one_that_its_table_and_glue_can_judge(spark: SparkSession) -> None:
    for table, rules in RULES.items():
        empty = spark.createDataFrame([], schema_of(table))
        judge(table, empty, DAYS, rules)
        for rule in rules:
            assert set(rule.columns) <= set(schema_of(table).names), rule
            assert rule.severity in {"fail", "warn"}, rule
            # Glue looks for the pattern anywhere, and its text has no escapes.
            assert rule.matches is None or re.fullmatch(r"\^[^\\\"]*\$", rule.matches), rule
