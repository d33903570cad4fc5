"""What a 400 says: the field as the caller wrote it, and what to send instead."""

from __future__ import annotations

from typing import Any

import pytest

from tests.support.api import Api

HOURLY = {"type": "interval", "interval_seconds": 3600}


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ({"schedule": {}}, "schedule: must be an object with a `type`: `once`, `interval` or `cron`"),
        ({"schedule": {"type": "x"}}, "schedule: has no such type x; use 'once', 'interval', 'cron'"),
        ({"schedule": None}, "schedule: must be an object"),
        ({"schedule": HOURLY | {"interval_seconds": "5"}}, "schedule.interval_seconds: must be a whole number"),
        ({"schedule": HOURLY | {"interval_seconds": 0}}, "schedule.interval_seconds: must be at least 1"),
        ({"schedule": HOURLY | {"nope": 1}}, "schedule.nope: is not a field of this request; remove it"),
        ({"schedule": {"type": "once"}}, "schedule.run_at: is required"),
        ({"metadata": {"k" * 65: "v"}}, "metadata: a key must have at most 64 characters"),
        ({"metadata": {str(n): "v" for n in range(17)}}, "metadata: must have at most 16 entries"),
        ({"metadata": {"k": 1}}, "metadata.k: must be a text"),
        ({"metadata": []}, "metadata: must be an object"),
        ({"name": ""}, "name: must not be empty"),
        ({"name": 5}, "name: must be a text"),
        ({"context_management": {}}, "context_management: must be an array"),
        ({"context_management": [{"type": "x", "compact_threshold": 1000}]},
         "context_management.0.type: must be 'compaction'"),
    ],
)  # fmt: skip
def test_a_400_names_the_field_and_says_what_to_send(body: dict[str, Any], said: str) -> None:
    api = Api()
    assert api.refused("POST", api.schedules, {"schedule": HOURLY, "input": "x"} | body, status=400) == said


def test_a_run_at_behind_what_is_settled_says_so() -> None:
    api = Api()
    created = api.create({"type": "once", "run_at": "2026-03-02T10:05:00Z"})
    body = {"schedule": {"type": "once", "run_at": "2026-03-02T09:59:30Z"}}
    assert "schedule.run_at" in api.refused("POST", f"{api.schedules}/{created['id']}", body, status=400)
