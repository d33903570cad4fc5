"""`If-None-Match`: with `*` a PUT by key creates, and changes nothing that exists. Other changes refuse the header."""

from __future__ import annotations

from typing import Any

import pytest

from tests.support.api import HOURLY, Api
from tests.support.webhooks import webhook


@pytest.mark.parametrize("kind", ["agent", "schedule"])
def test_a_put_that_only_creates_changes_nothing(api: Api, kind: str) -> None:
    path = "/api/v1/agents/by-key/k" if kind == "agent" else f"{api.schedules}/by-key/k"
    body: dict[str, Any] = {"name": "a", "model": "m"} if kind == "agent" else {"schedule": HOURLY, "input": "x"}
    made = api.ok("PUT", path, body, status=201, If_None_Match="*", Idempotency_Key="k")
    said = api.refused("PUT", path, body | {"name": "b"}, status=412, If_None_Match="*")
    assert said.startswith(f"If-None-Match: {made['id']} has the key")
    assert api.ok("PUT", path, body, If_None_Match="*", Idempotency_Key="k") == made
    assert "must be `*`" in api.refused("PUT", path, body, status=400, If_None_Match='"g1"')
    several = api.client.put(
        path, json=body | {"name": "b"}, headers=[("If-None-Match", '"g1"'), ("If-None-Match", "*")]
    )
    assert several.status_code == 400, several.text
    assert api.ok("PUT", path, body | {"name": "b"})["name"] == "b"


@pytest.mark.parametrize("value", ["*", '"v1"', ""])
def test_other_changes_do_not_ignore_the_condition(api: Api, value: str) -> None:
    schedule = f"{api.schedules}/{api.create()['id']}"
    hook = f"/api/v1/webhooks/{webhook(api.world).key.webhook_id}"
    run = f"{api.runs}/{api.start()['id']}"
    before = api.traces()
    for method, path, body in [
        ("POST", api.at, {"name": "x"}),
        ("POST", schedule, {"name": "x"}),
        ("POST", f"{schedule}/pause", None),
        ("POST", f"{schedule}/trigger", None),
        ("DELETE", schedule, None),
        ("POST", f"{run}/cancel", None),
        ("POST", api.schedules, {"schedule": HOURLY, "input": "x"}),
        ("POST", hook, {"description": "d"}),
        ("POST", f"{hook}/rotate", None),
        ("POST", f"{hook}/test", None),
        ("DELETE", hook, None),
    ]:
        message = api.refused(method, path, body, status=400, If_None_Match=value)
        assert message == "If-None-Match: is not supported here; remove it", path
    assert api.traces() == before
    api.ok("GET", hook, If_None_Match='"v1"')
