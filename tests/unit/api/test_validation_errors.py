"""What a 400 says: the field as the caller wrote it, and what to send instead."""

from __future__ import annotations

from typing import Any

import pytest
from agent_schedules.api.validation_errors import problem_of
from pydantic_core._pydantic_core import list_all_errors

from tests.support.api import Api

HOURLY = {"type": "interval", "interval_seconds": 3600}


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ({"schedule": {}}, "schedule: must be an object with a `type`: `once`, `interval` or `cron`"),
        ({"schedule": {"type": "x"}}, "schedule.type: must be one of 'once', 'interval', 'cron'"),
        ({"schedule": {"type": None}}, "schedule.type: must be one of 'once', 'interval', 'cron'"),
        ({"schedule": None}, "schedule: must be an object"),
        ({"schedule": HOURLY | {"interval_seconds": "5"}}, "schedule.interval_seconds: must be a whole number"),
        ({"schedule": HOURLY | {"interval_seconds": 0}}, "schedule.interval_seconds: must be at least 1"),
        ({"schedule": HOURLY | {"nope": 1}}, "schedule.nope: is not a field of this request; remove it"),
        ({"schedule": {"type": "once"}}, "schedule.run_at: is required"),
        ({"metadata": {"k" * 65: "v"}}, "metadata: a key must have at most 64 characters"),
        ({"metadata": {str(n): "v" for n in range(17)}}, "metadata: must have at most 16 entries"),
        ({"metadata": {"k": 1}}, "metadata.k: must be a string"),
        ({"metadata": []}, "metadata: must be an object"),
        ({"name": ""}, "name: must not be empty"),
        ({"name": 5}, "name: must be a string"),
        ({"context_management": {}}, "context_management: must be an array"),
        ({"context_management": [{"type": "x", "compact_threshold": 1000}]},
         "context_management.0.type: must be 'compaction'"),
    ],
)  # fmt: skip
def test_a_400_names_the_field_and_says_what_to_send(body: dict[str, Any], said: str) -> None:
    api = Api()
    assert api.refused("POST", api.schedules, {"schedule": HOURLY, "input": "x"} | body, status=400) == said


def test_a_number_too_long_for_its_reader_is_in_our_words() -> None:
    api = Api()
    said = "has too many digits; send a smaller number"
    assert api.refused("GET", f"/api/v1/agents?limit={'9' * 5000}", status=400) == f"limit: {said}"
    assert api.refused("GET", f"{api.at}/versions/{'9' * 5000}", status=400) == f"version: {said}"


KINDS = (
    "bool_", "datetime_from", "datetime_object", "datetime_parsing", "datetime_type", "dict_", "enum", "extra_",
    "finite_", "float_", "greater_", "int_", "json_invalid", "less_", "list_", "literal_", "missing", "model_",
    "multiple_of", "none_", "recursion_", "string_", "timezone_aware", "timezone_naive", "too_", "union_", "value_",
)  # fmt: skip
"""How the names of pydantic's errors begin that the types of our fields can raise."""


def test_every_kind_of_problem_has_words_of_ours() -> None:
    found = [one for one in list_all_errors() if one["type"].startswith(KINDS) and "missing_" not in one["type"]]
    assert len(found) > 30
    for one in found:
        problem = {"type": one["type"], "msg": "pydantic", "loc": ("x",), "ctx": one["example_context"] or {}}
        assert "pydantic" not in problem_of(problem), one["type"]


def test_a_byte_order_mark_is_named() -> None:
    api = Api()
    headers = {"Content-Type": "application/json"}
    answer = api.client.post(api.schedules, content=b"\xef\xbb\xbf{}", headers=headers)
    assert answer.status_code == 400
    assert "begins with a byte order mark; send the JSON without it" in answer.json()["error"]["message"]


@pytest.mark.parametrize(("path", "said"), [("/runs/x/cancel", "use POST."), ("/runs", "use GET, HEAD or POST.")])
def test_a_405_says_which_methods_to_use(path: str, said: str) -> None:
    api = Api()
    message = api.refused("PATCH", api.at + path, status=405)
    assert message.startswith(f"PATCH is not allowed here; {said}")


def test_a_run_at_behind_what_is_settled_says_so() -> None:
    api = Api()
    created = api.create({"type": "once", "run_at": "2026-03-02T10:05:00Z"})
    body = {"schedule": {"type": "once", "run_at": "2026-03-02T09:59:30Z"}}
    assert "schedule.run_at" in api.refused("POST", f"{api.schedules}/{created['id']}", body, status=400)
