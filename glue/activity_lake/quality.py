"""The quality rules of `quality.json`, judged on Spark: one pass over a table for all of its rules.

A rule is written as Glue Data Quality knows it, so that the rulesets of the catalog's tables say the same;
here it is held against every event date by itself.
"""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from activity_lake.schemas import read_resource

_EXPRESSION = re.compile(r"(>=|<=|>|<|=) (-?\d+(?:\.\d+)?)")
_OPERATORS: dict[str, Callable[[Any, Any], Any]] = {
    ">=": operator.ge,
    "<=": operator.le,
    ">": operator.gt,
    "<": operator.lt,
    "=": operator.eq,
}


@dataclass(frozen=True)
class Rule:
    """A rule of a table. `holds` judges the figure that it measures for one date; no figure: no such row."""

    type: str
    columns: tuple[str, ...] = ()
    expression: str | None = None
    values: tuple[str, ...] = ()
    matches: str | None = None
    where: str | None = None
    severity: str = "fail"

    def __str__(self) -> str:
        words = [self.type, *self.columns, self.expression or ""]
        if self.values:
            words.append(f"in [{', '.join(self.values)}]")
        if self.matches is not None:
            words.append(f"matches {self.matches}")
        if self.where is not None:
            words.append(f"where {self.where}")
        return " ".join(filter(None, words))

    def compare(self, figure: Any) -> Any:
        """A figure, or a column of them, against the rule's expression."""
        match = _EXPRESSION.fullmatch(self.expression or "")
        if match is None:
            raise ValueError(f"{self.type} has no expression like '> 0.99' but {self.expression!r}")
        return _OPERATORS[match[1]](figure, float(match[2]) if "." in match[2] else int(match[2]))


@dataclass(frozen=True)
class Finding:
    """A rule that does not hold for a table's date, with the figure that says so."""

    table: str
    date: str
    rule: Rule
    figure: str

    def __str__(self) -> str:
        return f"{self.table} of {self.date}: {self.rule} does not hold ({self.figure})"


def read_rules(text: Mapping[str, Sequence[Mapping[str, Any]]]) -> dict[str, list[Rule]]:
    """The rules by table; what is not known here is an error, not a rule that always holds."""
    return {table: [_rule(table, entry) for entry in entries] for table, entries in text.items()}


def _rule(table: str, entry: Mapping[str, Any]) -> Rule:
    known = {"type", "columns", "expression", "in", "matches", "where", "severity"}
    if not known.issuperset(entry) or entry["type"] not in _MEASURES:
        raise ValueError(f"quality.json has a rule of {table} that is not known: {dict(entry)}")
    return Rule(
        type=entry["type"],
        columns=tuple(entry.get("columns", ())),
        expression=entry.get("expression"),
        values=tuple(entry.get("in", ())),
        matches=entry.get("matches"),
        where=entry.get("where"),
        severity=entry.get("severity", "fail"),
    )


def _selected(rule: Rule) -> Column:
    return F.coalesce(F.expr(rule.where), F.lit(False)) if rule.where is not None else F.lit(True)


def _breaks(rule: Rule, holds: Column) -> Column:
    """The number of selected rows that a condition does not hold for; null does not hold, as in Glue."""
    return F.count_if(_selected(rule) & ~F.coalesce(holds, F.lit(False)))


def _values(rule: Rule) -> Column:
    column = F.col(rule.columns[0])
    if rule.values:
        return column.isin(list(rule.values))
    if rule.matches is not None:
        return column.rlike(rule.matches)
    result: Column = rule.compare(column)
    return result


_MEASURES: dict[str, Callable[[Rule], Column]] = {
    "RowCount": lambda _: F.count("*"),
    "IsPrimaryKey": lambda rule: F.count("*") - F.countDistinct(*rule.columns),
    "IsComplete": lambda rule: _breaks(rule, F.col(rule.columns[0]).isNotNull()),
    "Completeness": lambda rule: (
        F.count(F.when(_selected(rule), F.col(rule.columns[0]))) / F.count_if(_selected(rule))
    ),
    "ColumnValues": lambda rule: _breaks(rule, _values(rule)),
    "ColumnLength": lambda rule: _breaks(rule, rule.compare(F.length(rule.columns[0]))),
}
"""What a rule of each kind measures of a date: rows, a share, or the number of rows that break it."""

_MEASURED = {"RowCount", "Completeness"}


def _finding(rule: Rule, figure: Any) -> str | None:
    """What is wrong, or nothing. A share of no rows is no figure and holds."""
    if rule.type in _MEASURED:
        if figure is None or rule.compare(figure):
            return None
        return f"it is {figure:.6g}"
    return f"{figure} rows break it" if figure else None


def judge(table: str, rows: DataFrame, dates: Iterable[str], rules: Sequence[Rule]) -> list[Finding]:
    """Every rule that does not hold for one of the dates. A date without a row has the row count 0."""
    measures = [_MEASURES[rule.type](rule).alias(f"rule_{place}") for place, rule in enumerate(rules)]
    date = F.col("event_date").cast("string").alias("date")
    measured = {row["date"]: row for row in rows.groupBy(date).agg(*measures).collect()}
    found = []
    for day in sorted(dates):
        for place, rule in enumerate(rules):
            nothing = 0 if rule.type == "RowCount" else None
            figure = measured[day][f"rule_{place}"] if day in measured else nothing
            text = _finding(rule, figure)
            if text is not None:
                found.append(Finding(table, day, rule, text))
    return found


RULES = read_rules(read_resource("quality.json"))
