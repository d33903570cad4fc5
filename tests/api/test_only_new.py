"""`If-None-Match: *` on a PUT by key: it creates, and changes nothing that exists."""

from __future__ import annotations

from typing import Any

import pytest

from tests.support.api import HOURLY, Api


@pytest.fixture
def api() -> Api:
    return Api()


@pytest.mark.parametrize("kind", ["agent", "schedule"])
def test_a_put_that_only_creates_changes_nothing(api: Api, kind: str) -> None:
    path = "/api/v1/agents/by-key/k" if kind == "agent" else f"{api.schedules}/by-key/k"
    body: dict[str, Any] = {"name": "a", "model": "m"} if kind == "agent" else {"schedule": HOURLY, "input": "x"}
    made = api.ok("PUT", path, body, status=201, If_None_Match="*", Idempotency_Key="k")
    said = api.refused("PUT", path, body | {"name": "b"}, status=412, If_None_Match="*")
    assert said.startswith(f"If-None-Match: {made['id']} has the key")
    assert api.ok("PUT", path, body, If_None_Match="*", Idempotency_Key="k") == made
    assert "must be `*`" in api.refused("PUT", path, body, status=400, If_None_Match='"g1"')
    assert api.ok("PUT", path, body | {"name": "b"})["name"] == "b"
