"""Keeps one Spark session and runs the jobs in it as they are asked for.

A line on standard input, `{"job": "ingestion_layer", "arguments": ["--raw-uri", …]}`, gives one on standard
output, with what the job printed last, why it failed if it did, and how long it took. It ends with its input.
"""

from __future__ import annotations

import contextlib
import importlib
import io
import json
import sys
import time

from activity_lake.job import JobError, open_session


def run(job: str, arguments: list[str]) -> dict[str, object]:
    printed = io.StringIO()
    failure = None
    started = time.monotonic()
    try:
        with contextlib.redirect_stdout(printed):
            importlib.import_module(job).main(arguments)
    except JobError as error:
        failure = str(error)
    seconds = time.monotonic() - started
    lines = printed.getvalue().splitlines()
    return {
        "metrics": json.loads(lines[-1]) if lines else {},
        "failure": failure,
        "seconds": seconds,
    }


def main() -> None:
    started = time.monotonic()
    open_session("proof").sparkContext.setLogLevel("ERROR")
    print(json.dumps({"answer": {"seconds": time.monotonic() - started}}), flush=True)
    for line in sys.stdin:
        asked = json.loads(line)
        print(json.dumps({"answer": run(asked["job"], asked["arguments"])}), flush=True)


if __name__ == "__main__":
    main()
