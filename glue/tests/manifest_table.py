"""The hour manifest on a DynamoDB of this machine, with the functions' part of it done by hand."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import boto3
from moto.server import ThreadedMotoServer

SETTINGS = {
    "AWS_ACCESS_KEY_ID": "test",
    "AWS_SECRET_ACCESS_KEY": "test",
    "AWS_REGION": "eu-west-1",
    "AWS_EC2_METADATA_DISABLED": "true",
}
NAME = "hour-manifest"
LONG_AGO = "2020-01-01T00:00:00.000Z"


@contextmanager
def aws_here() -> Iterator[str]:
    """The address of an AWS that lives as long as the context."""
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0)
    server.start()
    host, port = server.get_host_and_port()
    try:
        yield f"http://{host}:{port}"
    finally:
        server.stop()


class ManifestTable:
    def __init__(self) -> None:
        texts = ("date", "hour", "pending", "due")
        self.table: Any = boto3.resource("dynamodb", region_name=SETTINGS["AWS_REGION"]).create_table(
            TableName=NAME,
            BillingMode="PAY_PER_REQUEST",
            AttributeDefinitions=[{"AttributeName": name, "AttributeType": "S"} for name in texts],
            KeySchema=_keys("date", "hour"),
            GlobalSecondaryIndexes=[
                {
                    "IndexName": "pending",
                    "KeySchema": _keys("pending", "due"),
                    "Projection": {"ProjectionType": "ALL"},
                }
            ],
        )

    def put(self, hour: str, **members: Any) -> None:
        self.table.put_item(Item={"date": hour[:10], "hour": hour[11:], **members})

    def landed(
        self, hour: str, events: int, *, due: str = "2020-01-01T00:00:00.000Z", **members: Any
    ) -> None:
        """An hour as the batch function leaves it after landing its archive file."""
        self.put(hour, state="landed", pending="ingest", due=due, events=events, key="archive", **members)

    def row(self, hour: str) -> dict[str, Any]:
        answer = self.table.get_item(Key={"date": hour[:10], "hour": hour[11:]})
        return {name: value for name, value in answer["Item"].items() if name not in ("date", "hour")}

    def delete(self) -> None:
        self.table.delete()


def _keys(first: str, second: str) -> list[dict[str, str]]:
    return [{"AttributeName": first, "KeyType": "HASH"}, {"AttributeName": second, "KeyType": "RANGE"}]
