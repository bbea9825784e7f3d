"""Made-up events in the archive's three shapes."""

from __future__ import annotations

import json
from typing import Any

Event = dict[str, Any]


def line_of(line: object) -> bytes:
    if isinstance(line, bytes):
        return line + b"\n"
    text = line if isinstance(line, str) else json.dumps(line)
    return text.encode() + b"\n"


def full(event_id: str = "1001", event_type: str = "WatchEvent", **members: Any) -> Event:
    event = {
        "id": event_id,
        "type": event_type,
        "actor": {"id": 7, "login": "ada", "gravatar_id": "", "url": "https://api.github.com/users/ada"},
        "repo": {"id": 42, "name": "acme/lake", "url": "https://api.github.com/repos/acme/lake"},
        "payload": {"action": "started"},
        "public": True,
        "created_at": "2015-01-01T00:30:00Z",
    }
    return {**event, **members}


def full_push(event_id: str = "2001", **members: Any) -> Event:
    payload = {
        "push_id": 55,
        "size": 3,
        "distinct_size": 2,
        "ref": "refs/heads/main",
        "head": "bb" * 20,
        "before": "aa" * 20,
        "commits": [{"sha": "bb" * 20, "author": {"name": "Ada"}, "message": "One\n\ntwo", "distinct": True}],
    }
    return full(event_id, "PushEvent", **{"payload": payload, **members})


def slim_push(event_id: str = "3001", **members: Any) -> Event:
    payload = {
        "repository_id": 42,
        "push_id": 56,
        "ref": "refs/heads/main",
        "head": "cc" * 20,
        "before": "bb" * 20,
    }
    return full(
        event_id, "PushEvent", **{"payload": payload, "created_at": "2026-09-25T10:00:00Z", **members}
    )


def timeline_push(**members: Any) -> Event:
    event = {
        "type": "PushEvent",
        "actor": "ada",
        "actor_attributes": {"login": "ada", "type": "User"},
        "repository": {"id": 42, "name": "lake", "owner": "acme", "organization": "acme", "watchers": 3},
        "url": "https://github.com/acme/lake/compare/aaaa...bbbb",
        "payload": {
            "size": 1,
            "ref": "refs/heads/main",
            "head": "bb" * 20,
            "shas": [["bb", "a@b", "m", "Ada", True]],
        },
        "public": True,
        "created_at": "2012-12-31T23:30:00-08:00",
    }
    return {**event, **members}
