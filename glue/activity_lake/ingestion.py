"""Lines of the raw layer, in any of the archive's three shapes, to typed rows or to the quarantine.

*timeline* (until 2014) has no id, an actor that is a string and a `repository`; *full* is the Events API
as it was until October 2025; *slim* is what it gives since, without commits, sizes and most of a pull
request. They are told apart by their fields, because files of any age can be mended or fetched anew.
"""

from __future__ import annotations

from collections.abc import Iterable

from pyspark.sql import Column, DataFrame, SparkSession
from pyspark.sql import functions as F

from activity_lake.landing import InspectedFile
from activity_lake.schemas import INGESTED, QUARANTINE, contract

_STRICT = {"mode": "PERMISSIVE", "allowSingleQuotes": "false", "allowNonNumericNumbers": "false"}

_ACTOR = "id LONG, login STRING"
_REPO = "id LONG, name STRING, owner STRING, organization STRING"
_PAYLOAD = """
    action STRING, ref STRING, ref_type STRING, full_ref STRING, number LONG,
    push_id LONG, size LONG, distinct_size LONG, head STRING, before STRING, commits STRING, shas STRING,
    pull_request STRUCT<number: LONG, state: STRING, merged: BOOLEAN>, issue STRUCT<number: LONG>
"""
_MAPPED = ("id", "type", "created_at", "public", "actor", "repo", "repository", "org", "payload")

_TIME = r"^(\d{4})[-/](\d\d)[-/](\d\d)[T ](\d\d:\d\d:\d\d(?:\.\d+)?) ?(Z|[+-]\d\d:?\d\d)$"
LONGEST_LINE_BYTES = 16 << 20
"""Longer ones are refused unparsed: Spark's JSON reader takes no text above 20 million characters, and the
longest payload that GitHub makes is far below. It bounds the memory that one line can take."""

_SHOWN_CHARACTERS = 1_000
_FIRST_YEAR = "2008"
"""GitHub opened in 2008. Go's zero time, year 1, is a common non-value, and parquet refuses it."""


def _elements(line: Column) -> Column:
    """The line and an empty object after it, read as one array; each member's value stays text.

    Spark's reader ignores whatever follows the first value, so that an event after a lost newline would
    vanish. Here anything after the line's one object breaks the array or makes it longer.
    """
    array = F.concat(F.lit("["), line, F.lit(",{}]"))
    return F.from_json(array, "ARRAY<MAP<STRING, STRING>>", _STRICT)


def _is_utf8(line: Column) -> Column:
    data = line.cast("binary")
    return F.encode(F.decode(data, "UTF-8"), "UTF-8") == data


def _instant(text: Column) -> Column:
    """A time with its offset, in ISO form or as the archive wrote it in 2012 (2012/03/10 22:42:14 -0800)."""
    iso = F.regexp_replace(text, _TIME, "$1-$2-$3T$4$5")
    return F.when(text.rlike(_TIME) & (text >= _FIRST_YEAR), F.try_to_timestamp(iso))


def parse_lines(lines: DataFrame) -> DataFrame:
    """Adds to each line its `fields`, its `created_at`, `reason` (why it is refused, or null) and `line_id`,
    which grows with the lines of a file.
    """
    is_long = F.octet_length("line") > LONGEST_LINE_BYTES
    beginning = F.substring("line", 1, _SHOWN_CHARACTERS)
    cut = lines.select(
        F.when(is_long, beginning).otherwise(F.col("line")).alias("line"),
        "source_file",
        "source",
        "source_hour",
        is_long.alias("is_long"),
    )
    parsed = cut.select(
        "*",
        F.monotonically_increasing_id().alias("line_id"),
        _is_utf8(F.col("line")).alias("is_utf8"),
        _elements(F.col("line")).alias("elements"),
    )
    elements, field = F.col("elements"), F.col("fields")
    whole = parsed.withColumn("fields", F.when(F.size(elements) == 2, elements[0])).drop("elements")
    timed = whole.withColumn("created_at", _instant(field["created_at"]))
    no_id = F.coalesce(field["id"], F.lit("")) == ""
    no_type = F.coalesce(field["type"], F.lit("")) == ""
    reason = (
        F.when(F.col("is_long"), "too-long")
        .when(~F.col("is_utf8"), "invalid-utf8")
        .when(field.isNull(), "not-one-json-object")
        .when(no_type, "no-type")
        .when(F.col("created_at").isNull(), "bad-created-at")
        .when(no_id & ~_is_timeline(field), "no-id")
    )
    return timed.withColumn("reason", reason)


def _is_timeline(field: Column) -> Column:
    text_actor = field["actor"].isNotNull() & ~field["actor"].startswith("{")
    return field["id"].isNull() & (text_actor | F.map_contains_key(field, "repository"))


def _content_digest(field: Column) -> Column:
    """The id of an event that has none: the digest of its members in the order of their names."""
    members = F.to_json(F.array_sort(F.map_entries(field)))
    return F.concat(F.lit("sha256:"), F.sha2(members, 256))


def _shape() -> Column:
    field, payload, kind = F.col("fields"), F.col("body"), F.col("event_type")
    is_slim = (
        ((kind == "PushEvent") & payload["size"].isNull() & payload["commits"].isNull())
        | (payload["pull_request"].isNotNull() & payload["pull_request"]["state"].isNull())
        | payload["full_ref"].isNotNull()
        | ((kind == "ForkEvent") & payload["action"].isNotNull())
    )
    return F.when(_is_timeline(field), "timeline").when(is_slim, "slim").otherwise("full")


def _merged() -> Column:
    """Since October 2025 `merged` is an action of its own; before, it is a closed pull request's flag."""
    action, pull_request = F.col("body")["action"], F.col("body")["pull_request"]
    by_flag = (action == "closed") & F.coalesce(pull_request["merged"], F.lit(False))
    return F.when(F.col("event_type") == "PullRequestEvent", (action == "merged") | by_flag)


def _parts(accepted: DataFrame) -> DataFrame:
    field = F.col("fields")
    return accepted.select(
        "*",
        field["type"].alias("event_type"),
        F.from_json(field["actor"], _ACTOR, _STRICT).alias("actor"),
        F.from_json(F.coalesce(field["repo"], field["repository"]), _REPO, _STRICT).alias("repo"),
        F.from_json(field["org"], _ACTOR, _STRICT).alias("org"),
        F.from_json(field["payload"], _PAYLOAD, _STRICT).alias("body"),
    )


def accepted_events(parsed: DataFrame) -> DataFrame:
    """The rows of the ingested layer, one for each line that was not refused."""
    # Needing line_id, the filter stays above the parsing; below it Spark parses anew for every condition.
    rows = _parts(parsed.where(F.col("reason").isNull() & (F.col("line_id") >= 0)))
    field, repo, body = F.col("fields"), F.col("repo"), F.col("body")
    is_push = F.col("event_type") == "PushEvent"
    owned_name = F.when(repo["owner"].isNotNull(), F.concat_ws("/", repo["owner"], repo["name"]))
    text_actor = F.when(~field["actor"].startswith("{"), field["actor"])
    members = rows.select(
        F.coalesce(field["id"], _content_digest(field)).alias("event_id"),
        "event_type",
        "created_at",
        field["public"].alias("public"),
        F.col("actor.id").alias("actor_id"),
        F.coalesce(F.col("actor.login"), text_actor).alias("actor_login"),
        repo["id"].alias("repo_id"),
        F.coalesce(owned_name, repo["name"]).alias("repo_name"),
        F.col("org.id").alias("org_id"),
        F.coalesce(F.col("org.login"), repo["organization"]).alias("org_login"),
        body["action"].alias("action"),
        F.coalesce(body["number"], body["pull_request"]["number"], body["issue"]["number"]).alias("number"),
        _merged().alias("merged"),
        body["ref"].alias("ref"),
        body["ref_type"].alias("ref_type"),
        F.when(is_push, body["push_id"]).alias("push_id"),
        F.when(is_push, body["size"]).alias("push_size"),
        F.when(is_push, body["distinct_size"]).alias("push_distinct_size"),
        F.when(is_push, body["head"]).alias("push_head"),
        F.when(is_push, body["before"]).alias("push_before"),
        field["payload"].alias("payload"),
        F.map_filter(field, lambda key, _: ~key.isin(*_MAPPED)).alias("other"),
        _shape().alias("shape"),
        "source",
        "source_file",
        F.to_date("created_at").alias("event_date"),
        "source_hour",
    )
    return members.select(*contract(INGESTED))


def refused_lines(parsed: DataFrame) -> DataFrame:
    """The rows of the quarantine: each refused line with its number, counted from 1, and the reason.

    Bytes that are no UTF-8 are shown as U+FFFD, and of a line that is too long its beginning; the line as
    it landed is in the raw file.
    """
    refused = parsed.where(F.col("reason").isNotNull())
    first_lines = parsed.groupBy("source_file").agg(F.min("line_id").alias("first_line_id"))
    numbered = refused.join(first_lines, "source_file", how="inner")
    shown = numbered.select(
        "source_file",
        (F.col("line_id") - F.col("first_line_id") + 1).alias("line_number"),
        "reason",
        F.decode(F.col("line").cast("binary"), "UTF-8").alias("line"),
        "source_hour",
    )
    return shown.select(*contract(QUARANTINE))


def refused_files(spark: SparkSession, broken: Iterable[InspectedFile]) -> DataFrame:
    """The rows of the quarantine for files that cannot be read to their end: no line of theirs is taken."""
    rows = [(item.file.key, None, item.fault, None, item.file.hour) for item in broken]
    return spark.createDataFrame(rows, QUARANTINE)
