"""What the qualified layer must hold, found by DuckDB from the raw files alone; nothing of the jobs is used.

  python independent.py check RAW LAKE    counts, and how the qualified layer differs from the raw files
  python independent.py write RAW OUT     the qualified events, written by DuckDB: the same work as the jobs'
  python independent.py rows LAKE         the rows of the qualified layer
  python independent.py files LAKE        how many qualified rows each raw file gave, by event date

Each prints one JSON line.
"""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path

import duckdb

LINES = """
create view lines as
select * exclude (filename), filename[strpos(filename, '/raw/') + 5:] as source_file
from read_json(getvariable('files'), format = 'newline_delimited', ignore_errors = true, filename = true,
  maximum_object_size = 64000000, columns = {
    id: 'VARCHAR', type: 'VARCHAR', created_at: 'VARCHAR', public: 'BOOLEAN', payload: 'JSON',
    actor: 'JSON', repo: 'JSON', repository: 'JSON', org: 'JSON'})
"""

# One parse of the payload; a line that DuckDB cannot read is a row of nulls and fails the condition.
# The jobs promise to take lines of up to 16 MB.
EVENTS = """
create view events as
with parsed as (
  select *, try_cast(replace(created_at, '/', '-') as timestamp) as moment,
    split_part(source_file, '/', 1) as source, coalesce(repo, repository) as place,
    json_transform(payload, '{"action": "VARCHAR", "ref": "VARCHAR", "ref_type": "VARCHAR",
      "full_ref": "VARCHAR", "number": "BIGINT", "push_id": "BIGINT", "size": "BIGINT",
      "distinct_size": "BIGINT", "head": "VARCHAR", "before": "VARCHAR", "commits": "JSON",
      "pull_request": {"number": "BIGINT", "state": "VARCHAR", "merged": "BOOLEAN"},
      "issue": {"number": "BIGINT"}}') as body
  from lines
)
select id as event_id, type as event_type, moment as created_at, public,
  (actor->>'id')::bigint as actor_id, coalesce(actor->>'login', actor->>'$') as actor_login,
  (place->>'id')::bigint as repo_id,
  concat_ws('/', place->>'owner', place->>'name') as repo_name,
  (org->>'id')::bigint as org_id, coalesce(org->>'login', place->>'organization') as org_login,
  body.action as action, coalesce(body.number, body.pull_request.number, body.issue.number) as number,
  case when type = 'PullRequestEvent' then body.action = 'merged'
    or (body.action = 'closed' and coalesce(body.pull_request.merged, false)) end as merged,
  body.ref as ref, body.ref_type as ref_type,
  case when type = 'PushEvent' then body.push_id end as push_id,
  case when type = 'PushEvent' then body.size end as push_size,
  case when type = 'PushEvent' then body.distinct_size end as push_distinct_size,
  case when type = 'PushEvent' then body.head end as push_head,
  case when type = 'PushEvent' then body.before end as push_before,
  payload,
  case when id is null then 'timeline'
    when (type = 'PushEvent' and body.size is null and body.commits is null)
      or (body.pull_request is not null and body.pull_request.state is null)
      or body.full_ref is not null or (type = 'ForkEvent' and body.action is not null) then 'slim'
    else 'full' end as shape,
  source, source_file,
  split_part(split_part(source_file, '/', 2), '=', 2) || '-' ||
    split_part(split_part(source_file, '/', 3), '=', 2) as source_hour,
  moment::date as event_date
from parsed
where type != '' and moment is not null and (id != '' or repository is not null)
  and coalesce(strlen(payload::varchar), 0) < 16 << 20
"""

# Read once; of a payload only its digest is kept, in one form whatever its spaces and escapes.
DIGESTED = """
create table digested as
select * exclude (payload), md5(json(payload)::varchar) as digest from events
"""

FIRST = """
create table firsts as
select event_type, event_id, event_date,
  arg_min(source_file, (source != 'gharchive', source_hour, source_file)) as source_file
from digested group by all
"""

QUALIFIED = """
create view qualified as
select * replace (cast(created_at as timestamp) as created_at, payload::json as payload)
from read_parquet(getvariable('qualified') || '/events/*/*.parquet', hive_partitioning = true)
"""

COLUMNS = (
    "event_id",
    "event_type",
    "created_at",
    "public",
    "actor_id",
    "actor_login",
    "repo_id",
    "repo_name",
    "org_id",
    "org_login",
    "action",
    "number",
    "merged",
    "ref",
    "ref_type",
    "push_id",
    "push_size",
    "push_distinct_size",
    "push_head",
    "push_before",
    "shape",
    "source",
    "source_file",
    "source_hour",
    "event_date",
)

DAILY = ("activity_by_type", "active_repositories", "pushes_by_hour")


def connect(raw: str) -> duckdb.DuckDBPyConnection:
    connection = duckdb.connect(config={"threads": 2, "memory_limit": "4GB"})
    connection.execute("set timezone = 'UTC'")
    files = sorted(str(file) for file in Path(raw).glob("*/date=*/hour=*/*.json.gz"))
    connection.execute("set variable files = $1", [files])
    connection.execute(LINES)
    connection.execute(EVENTS)
    return connection


def check(raw: str, lake: str) -> dict[str, object]:
    connection = connect(raw)
    qualified = f"{lake}/qualified"
    connection.execute("set variable qualified = $1", [qualified])
    connection.execute(QUALIFIED)
    connection.execute(DIGESTED)
    connection.execute(FIRST)
    same = " and ".join(f"q.{column} is not distinct from e.{column}" for column in COLUMNS)

    def value(sql: str) -> object:
        return connection.sql(sql).fetchall()[0][0]

    key = "(event_type, event_id, event_date)"
    return {
        "lines": value("select count(*) from lines"),
        "events": value("select count(*) from digested"),
        "distinct": value("select count(*) from firsts"),
        "types": dict(
            connection.sql("select event_type, count(*) from firsts group by 1 order by 1").fetchall()
        ),
        "rows": value("select count(*) from qualified"),
        "row_types": dict(
            connection.sql("select event_type, count(*) from qualified group by 1 order by 1").fetchall()
        ),
        "missing": value(f"select count(*) from firsts where {key} not in (select {key} from qualified)"),
        "twice": value(f"select count(*) - count(distinct {key}) from qualified"),
        "unfounded": value(
            "select count(*) from qualified q where shape != 'timeline' and not exists ("
            "select 1 from digested e "
            f"join firsts f using (event_type, event_id, event_date, source_file) where {same} "
            "and md5(json(q.payload)::varchar) = e.digest)"
        ),
        "quarantined": quarantined(lake),
        "checksum": " ".join(
            [
                checksum(connection, "qualified"),
                *(daily(connection, qualified, t) for t in DAILY),
            ]
        ),
    }


def quarantined(lake: str) -> int:
    files = Path(lake, "quarantine").glob("source_hour=*/*.json")
    return sum("line_number" in json.loads(line) for file in files for line in file.read_text().splitlines())


def checksum(connection: duckdb.DuckDBPyConnection, table: str) -> str:
    """Of every column of every row, whatever their order."""
    rows = connection.sql(
        f"select sum(hash(to_json(t))::hugeint) % 1000000007, count(*) from {table} t"
    ).fetchall()
    return "-".join(map(str, rows[0]))


def daily(connection: duckdb.DuckDBPyConnection, qualified: str, table: str) -> str:
    connection.execute(f"create view {table} as select * from {parquet(f'{qualified}/{table}')}")
    return checksum(connection, table)


def parquet(table: str) -> str:
    return f"read_parquet('{table}/*/*.parquet', hive_partitioning = true)"


def write(raw: str, out: str) -> dict[str, object]:
    started = time.monotonic()
    connection = connect(raw)
    connection.execute(
        f"""copy (
          select {", ".join(COLUMNS)}, payload from events qualify row_number() over (
            partition by event_type, event_id, event_date
            order by source != 'gharchive', source_hour, source_file, md5(payload::varchar)) = 1
        ) to '{out}' (format parquet, compression zstd, partition_by (event_date))"""
    )
    seconds = time.monotonic() - started
    rows = connection.sql(f"select count(*) from read_parquet('{out}/*/*.parquet')").fetchall()[0][0]
    return {"rows": rows, "seconds": seconds}


def rows(lake: str) -> list[dict[str, object]]:
    connection = duckdb.connect()
    connection.execute("set timezone = 'UTC'")
    found = connection.sql(
        f"""select event_type, event_id, event_date::varchar as event_date, actor_login, repo_name, shape,
          payload, strftime(created_at, '%Y-%m-%dT%H:%M:%S.%g') || 'Z' as created_at,
          to_json(other) as other, source_file
        from {parquet(f"{lake}/qualified/events")}"""
    )
    named = [dict(zip(found.columns, row, strict=True)) for row in found.fetchall()]
    return [{**row, "other": json.loads(row["other"] or "{}")} for row in named]


def files(lake: str) -> list[dict[str, object]]:
    found = duckdb.sql(
        f"""select source_file as file, event_date::varchar as date, count(*) as rows
        from {parquet(f"{lake}/qualified/events")} group by all order by all"""
    )
    return [dict(zip(found.columns, row, strict=True)) for row in found.fetchall()]


if __name__ == "__main__":
    commands = {"check": check, "write": write, "rows": rows, "files": files}
    print(json.dumps(commands[sys.argv[1]](*sys.argv[2:])), flush=True)
