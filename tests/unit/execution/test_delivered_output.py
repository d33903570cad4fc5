"""What a webhook with `include_output` gets, and one for a chat."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import pytest
from agent_schedules.domain.deliveries import Delivery
from agent_schedules.domain.delivery_bodies import LONGEST_OUTPUT, run_of

from tests.support.notifier import Delivering


def completed(one: Delivering, text: str) -> dict[str, str]:
    """The ids of a run that completed with that output."""
    schedule = one.world.create({"type": "interval", "interval_seconds": 60})
    one.world.clock.advance(60)
    one.world.hint(schedule, one.world.now)
    (response,) = one.world.gateway.responses.values()
    response["output"] = [{"type": "message", "content": [{"type": "output_text", "text": text}]}]
    one.world.pass_time(10)
    (run,) = one.world.runs(schedule)
    assert run.status == "completed"
    return {"agent_id": run.key.agent_id, "run_id": run.key.run_id}


def received(one: Delivering, ids: Mapping[str, str] | None = None) -> Any:
    """The body that the receiver gets for an event of a run."""
    delivery = one.until_over(one.publish(one.event("run.completed", **(ids or {}))))
    assert delivery.status == "delivered"
    assert "output" not in delivery.event
    return json.loads(one.sender.posts[-1].body)


def test_output_is_added_when_it_is_sent_and_not_stored() -> None:
    one = Delivering(include_output=True)
    data = received(one, completed(one, "the answer"))["data"]
    assert (data["output"], data["output_truncated"]) == ("the answer", False)


def test_output_is_cut_at_a_character() -> None:
    one = Delivering(include_output=True)
    data = received(one, completed(one, "é" * LONGEST_OUTPUT))["data"]
    assert data["output_truncated"] is True
    assert data["output"] == "é" * (LONGEST_OUTPUT // 2)


@pytest.mark.parametrize(("kind", "asks"), [("run.completed", True), ("run.started", False), ("webhook.test", False)])
def test_only_runs_that_ended_have_an_output(kind: str, asks: bool) -> None:
    one = Delivering(include_output=True)
    message = one.message(one.event("run.completed"))
    assert message.event is not None
    event = message.event.replace('"run.completed"', f'"{kind}"')
    found = run_of(one.hook, Delivery.first(message.key, event, one.world.clock()))
    assert (found is not None) is asks


def test_no_output_is_read_for_a_webhook_that_does_not_ask() -> None:
    one = Delivering()
    ids = completed(one, "the answer")
    one.world.table.meter.calls.clear()
    assert "output" not in received(one, ids)["data"]
    assert one.world.table.meter.calls == ["get", "write", "get"]


def test_output_of_a_run_that_is_gone_is_empty() -> None:
    one = Delivering(include_output=True)
    assert received(one)["data"]["output"] == ""


def test_chat_gets_a_line_of_text() -> None:
    one = Delivering(format="slack", include_output=True)
    body = received(one, completed(one, "done <3"))
    assert set(body) == {"text"}
    assert body["text"].startswith("Run completed: run_")
    assert body["text"].endswith("|open>\ndone &lt;3")
