"""What the HTTP API refuses, and how, and that a refusal writes nothing."""

from __future__ import annotations

import json
from typing import Any

import pytest
from agent_schedules.errors import Unavailable

from tests.support.api import HOURLY, UNKNOWN_AGENT, Api


@pytest.mark.parametrize(
    "authorization", [None, "", "Bearer", "Bearer wrong", "Basic bG9jYWw=", "local", "Bearer x" * 90]
)
@pytest.mark.parametrize("path", ["/api/v1/agents", "/api/v1/nope"])
def test_without_a_known_key_everything_is_401(api: Api, authorization: str | None, path: str) -> None:
    del api.client.headers["Authorization"]
    headers = {} if authorization is None else {"Authorization": authorization}
    for answer in (api.client.get(path, headers=headers), api.client.post(path, headers=headers, content=b"{")):
        assert answer.status_code == 401
        assert "key" in answer.json()["error"]["message"]


@pytest.mark.parametrize("user", ["*", "", "x" * 151, "\t"])
def test_a_user_to_act_for_must_be_printable_and_bounded(api: Api, user: str) -> None:
    answer = api.client.get("/api/v1/agents", headers={"X-On-Behalf-Of": user})
    assert answer.status_code == 400
    assert answer.json()["error"]["message"].startswith("X-On-Behalf-Of")


def bad(**changes: Any) -> dict[str, Any]:
    """A create body with something wrong; None leaves a field out."""
    body = {"schedule": HOURLY, "input": "x"} | changes
    return {name: value for name, value in body.items() if value is not None}


def cron(text: str) -> dict[str, str]:
    """A cron spec."""
    return {"type": "cron", "cron_expression": text}


BAD: dict[str, tuple[Any, str]] = {
    "malformed": (b'{"schedule": ', "body"),
    "not UTF-8": (b'{"input": "\xff"}', "body"),
    "NaN": (b'{"schedule": {"type": "interval", "interval_seconds": 60}, "input": [{"n": NaN}]}', "body"),
    "infinite": (b'{"schedule": {"type": "interval", "interval_seconds": 60}, "input": [{"n": 1e999}]}', "body"),
    "half a surrogate pair": (
        b'{"schedule": {"type": "interval", "interval_seconds": 60}, "input": "\\ud800"}',
        "body",
    ),
    "duplicate key": (b'{"input": "a", "input": "b"}', "body"),
    "too deep": (b"[" * 100_000, "body"),
    "too large": (json.dumps({"input": "x" * 300_000}).encode(), "body"),
    "empty": (b"", "body"),
    "array": ([], "body"),
    "null": (None, "body"),
    "unknown field": (bad(priority=1), "priority"),
    "no schedule": (bad(schedule=None), "schedule"),
    "no input": (bad(input=None), "input"),
    "empty input": (bad(input=""), "input"),
    "long input": (bad(input="x" * 20_001), "input"),
    "input of texts": (bad(input=["x"]), "input"),
    "1,001 items": (bad(input=[{}] * 1_001), "input"),
    "number as input": (bad(input=7), "input"),
    "long name": (bad(name="n" * 121), "name"),
    "empty name": (bad(name=""), "name"),
    "metadata of numbers": (bad(metadata={"a": 1}), "metadata"),
    "17 metadata": (bad(metadata={str(n): "" for n in range(17)}), "metadata"),
    "threshold": (bad(context_management=[{"type": "compaction", "compact_threshold": 999}]), "context_management"),
    "unknown type": (bad(schedule={"type": "weekly"}), "schedule"),
    "unknown member": (bad(schedule={**HOURLY, "end_at": "x"}), "schedule.end_at"),
    "unknown zone": (bad(schedule={**HOURLY, "timezone": "Mars/Olympus"}), "schedule.timezone"),
    "offset as zone": (bad(schedule={**HOURLY, "timezone": "+02:00"}), "schedule.timezone"),
    "interval 0": (bad(schedule={**HOURLY, "interval_seconds": 0}), "schedule.interval_seconds"),
    "interval 1.5": (bad(schedule={**HOURLY, "interval_seconds": 1.5}), "schedule.interval_seconds"),
    "interval text": (bad(schedule={**HOURLY, "interval_seconds": "60"}), "schedule.interval_seconds"),
    "interval true": (bad(schedule={**HOURLY, "interval_seconds": True}), "schedule.interval_seconds"),
    "interval too long": (bad(schedule={**HOURLY, "interval_seconds": 315_360_001}), "schedule.interval_seconds"),
    "impossible date": (bad(schedule=cron("0 0 31 2 *")), "schedule.cron_expression"),
    "six fields": (bad(schedule=cron("0 0 0 * * *")), "schedule.cron_expression"),
    "past": (bad(schedule={"type": "once", "run_at": "2026-03-02T09:58:59Z"}), "schedule.run_at"),
    "far": (bad(schedule={"type": "once", "run_at": "9999-12-31T23:59:59-12:00"}), "schedule.run_at"),
    "number as time": (bad(schedule={"type": "once", "run_at": 1_900_000_000}), "schedule.run_at"),
    "no such time": (bad(schedule={"type": "once", "run_at": "2026-02-30T00:00:00Z"}), "schedule.run_at"),
    "time in a gap": (
        bad(schedule={"type": "once", "run_at": "2026-03-29T01:30:00", "timezone": "Europe/Lisbon"}),
        "schedule.run_at",
    ),
}


@pytest.mark.parametrize(("body", "field"), BAD.values(), ids=BAD)
def test_bad_input_is_a_400_naming_the_field_and_no_write(api: Api, body: Any, field: str) -> None:
    before = api.traces()
    content = body if isinstance(body, bytes) else json.dumps(body)
    answer = api.client.post(api.schedules, content=content, headers={"Content-Type": "application/json"})
    assert answer.status_code == 400, answer.text
    error = answer.json()["error"]
    assert error["message"].startswith(field) or f"; {field}" in error["message"], error
    assert len(error["message"]) > len(field) + 10
    assert api.traces() == before


def test_an_unannounced_oversized_body_is_refused(api: Api) -> None:
    def chunks() -> Any:
        for _ in range(40):
            yield b" " * 10_000

    answer = api.client.post(api.schedules, content=chunks(), headers={"Content-Type": "application/json"})
    assert (answer.status_code, answer.json()["error"]["message"][:4]) == (400, "body")


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"name": "a"}, "model"),
        ({"name": "a", "model": ""}, "model"),
        ({"name": "a", "model": "m", "max_tool_calls": 301}, "max_tool_calls"),
        ({"name": "a", "model": "m", "tools": [{"type": "function_reference", "function_tool_id": "x"}]}, "tools"),
        ({"name": "a", "model": "m", "tools": [{}]}, "tools"),
        ({"name": "a", "model": "m", "instructions": "x" * 20_001}, "instructions"),
    ],
)
def test_bad_agents_are_refused(api: Api, body: dict[str, Any], field: str) -> None:
    before = api.traces()
    answer = api.client.post("/api/v1/agents", json=body)
    assert answer.status_code == 400
    assert answer.json()["error"]["message"].startswith(field)
    assert api.traces() == before


@pytest.mark.parametrize("query", ["limit=0", "limit=101", "limit=x", "order=up", "offset=-1", "offset=10001"])
def test_bad_paging_is_refused(api: Api, query: str) -> None:
    answer = api.client.get(f"/api/v1/agents?{query}")
    assert answer.status_code == 400
    assert answer.json()["error"]["message"].startswith(query.split("=", maxsplit=1)[0])


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("POST", f"/api/v1/agents/{UNKNOWN_AGENT}/schedules", 404),
        ("GET", f"/api/v1/agents/{UNKNOWN_AGENT}/schedules", 404),
        ("GET", f"/api/v1/agents/{UNKNOWN_AGENT}/runs", 404),
        ("GET", "/api/v1/agents/function-tools", 404),
        ("GET", "/api/v1/agents/..%2f..%2fetc", 404),
        ("GET", "/nope", 404),
        ("GET", "/", 404),
        ("PATCH", "/api/v1/agents", 405),
        ("OPTIONS", "/api/v1/agents", 405),
    ],
)
def test_every_other_answer_is_the_envelope_too(api: Api, method: str, path: str, status: int) -> None:
    before = api.traces()
    body = {"schedule": HOURLY, "input": "x"} if method == "POST" else None
    answer = api.client.request(method, path, json=body)
    assert answer.status_code == status
    assert answer.headers["Content-Type"] == "application/json"
    assert answer.headers["X-Request-Id"].startswith("req_")
    assert answer.json()["error"]["message"]
    assert api.traces() == before


def test_a_fault_is_a_500_that_tells_nothing_but_its_id(api: Api) -> None:
    def fault() -> None:
        raise RuntimeError("secret detail")

    api.world.table.before_read = fault
    answer = api.client.get("/api/v1/agents")
    assert answer.status_code == 500
    assert answer.headers["X-Request-Id"] in answer.json()["error"]["message"]
    assert "secret detail" not in answer.text


def test_a_bad_day_below_is_a_503_to_try_again_soon(api: Api) -> None:
    def throttled(*_: object) -> None:
        raise Unavailable("DynamoDB did not answer; nothing was changed, try again")

    before = api.traces()
    api.world.table.before_write = throttled
    answer = api.client.post(api.schedules, json={"schedule": HOURLY, "input": "x"})
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "1")
    assert api.traces() == before
