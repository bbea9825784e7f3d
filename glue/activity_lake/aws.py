"""Clients of AWS beside Spark. Endpoint, region and credentials come from the environment, as on Glue."""

from __future__ import annotations

import os
from functools import cache
from typing import Any


def _region() -> str | None:
    return os.environ.get("AWS_REGION") or os.environ.get("AWS_DEFAULT_REGION")


@cache
def s3_client() -> Any:
    """boto3 is loaded only where it is used: plain files need none."""
    import boto3

    return boto3.client("s3", region_name=_region())


@cache
def dynamodb_table(name: str) -> Any:
    import boto3

    return boto3.resource("dynamodb", region_name=_region()).Table(name)
