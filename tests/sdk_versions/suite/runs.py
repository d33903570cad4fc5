"""Runs that a caller makes: every outcome, cancelling, events, paging."""

from __future__ import annotations

import json
import time
from typing import Any

from tests.sdk_versions.suite import expect
from tests.sdk_versions.suite.checks import check, check_of
from tests.sdk_versions.suite.driver import Driver
from tests.sdk_versions.suite.expect import page, same, wire

LOST = "The gateway loses this one."
"""Instructions of an agent whose responses the tests' gateway starts, and then answers 503 for until they are done."""
LONG, LONG_LOST = "slow-1000000", "slow-300"

FULL: dict[str, Any] = {
    "input": [{"type": "message", "role": "user", "content": "hello"}],
    "conversation": {"id": "conv_1"},
    "context_management": [{"type": "compaction", "compact_threshold": 1000}],
    "metadata": {"k": "v"},
}


@check
def a_run_keeps_every_field_and_is_completed(sdk: Driver) -> None:
    agent = sdk("create_agent", name="a", model="echo").id
    created = sdk("create_agent_run", agent_id=agent, **FULL, **sdk.having("create_agent_run", stream=True))
    kept = {name: value for name, value in FULL.items() if name != "context_management"}
    same(sdk, created, expect.run(agent, **kept))
    done = ended(sdk, agent, created.id)
    outcome = {
        "status": "completed",
        "gateway_response_id": expect.text,
        "gateway_response": lambda response: said(response) == "hello",
        "completed_at": lambda at: at >= created.created_at,
    }
    same(sdk, done, wire(created) | outcome)
    assert done.gateway_response["id"] == done.gateway_response_id
    same(sdk, sdk("list_agent_runs", agent_id=agent).data[0], wire(done))
    plain = sdk("create_agent_run", agent_id=agent, input="x")
    same(sdk, plain, expect.run(agent))
    other = sdk("create_agent_run", agent_id=agent, input="x", previous_response_id="resp_1")
    same(sdk, other, expect.run(agent, previous_response_id="resp_1"))


@check
def every_outcome_of_the_gateway_is_the_runs(sdk: Driver) -> None:
    expected: dict[str, tuple[str, Any]] = {
        "fail": ("failed", "server_error"),
        "incomplete": ("incomplete", None),
        "reject": ("failed", "gateway_refused"),
        "flaky-2": ("completed", None),
        "slow-5": ("completed", None),
    }
    started = {}
    for model in expected:
        agent = sdk("create_agent", name="a", model=model).id
        started[model] = agent, sdk("create_agent_run", agent_id=agent, input="hello")
    for model, (status, code) in expected.items():
        agent, created = started[model]
        done = ended(sdk, agent, created.id)
        refused = model == "reject"
        outcome = {
            "status": status,
            "gateway_response_id": None if refused else expect.text,
            "gateway_response": None if refused else lambda response, status=status: response["status"] == status,
            "error": None if code is None else lambda error, code=code: error["code"] == code and error["message"],
            "completed_at": expect.moment,
        }
        same(sdk, done, wire(created) | outcome)


@check
def a_run_goes_on_in_the_gateway_without_ending(sdk: Driver) -> None:
    agent, run = begun(sdk, LONG)
    found = sdk("get_agent_run", agent_id=agent, run_id=run)
    assert (found.status, found.completed_at, found.error) == ("queued", None, None)
    asked = time.monotonic()
    (event,) = events(sdk, agent, run)
    assert time.monotonic() - asked < 4, "the SDK gives up after 5 s of silence"
    assert event["type"] in ("response.queued", "response.in_progress")
    assert event["response"]["id"] == found.gateway_response_id
    page(sdk, sdk("list_agent_runs", agent_id=agent), [run], more=False)


@check
def the_events_of_an_ended_run_are_its_last(sdk: Driver) -> None:
    expected = {"echo": "completed", "fail": "failed", "incomplete": "incomplete"}
    for model, status in expected.items():
        agent = sdk("create_agent", name="a", model=model).id
        done = ended(sdk, agent, sdk("create_agent_run", agent_id=agent, input="hello").id)
        (event,) = events(sdk, agent, done.id)
        assert event["type"] == f"response.{status}"
        assert isinstance(event["sequence_number"], int)
        assert event["response"]["id"] == done.gateway_response_id
        assert event["response"]["status"] == status


@check
def a_run_that_never_reached_the_gateway_has_no_events(sdk: Driver) -> None:
    agent = sdk("create_agent", name="a", model="reject").id
    run = ended(sdk, agent, sdk("create_agent_run", agent_id=agent, input="x").id)
    sdk.fails(409, "stream_agent_run_events", agent_id=agent, run_id=run.id)


@check
def the_events_of_a_run_that_the_gateway_does_not_answer_for_are_a_502(sdk: Driver) -> None:
    agent, run = begun(sdk, LONG_LOST, instructions=LOST)
    sdk.fails(502, "stream_agent_run_events", agent_id=agent, run_id=run)
    if sdk.has("cancel_agent_run"):
        sdk.fails(502, "cancel_agent_run", agent_id=agent, run_id=run)
        assert sdk("get_agent_run", agent_id=agent, run_id=run).status == "queued"


@check_of("cancel_agent_run")
def a_run_is_cancelled_and_cancelling_it_again_succeeds(sdk: Driver) -> None:
    agent, run = begun(sdk, LONG)
    found = sdk("get_agent_run", agent_id=agent, run_id=run)
    for _ in range(2):
        cancelled = sdk("cancel_agent_run", agent_id=agent, run_id=run)
        outcome = {
            "status": "cancelled",
            "gateway_response": lambda response: response["status"] == "cancelled",
            "completed_at": expect.moment,
        }
        same(sdk, cancelled, wire(found) | outcome)
    same(sdk, sdk("get_agent_run", agent_id=agent, run_id=run), wire(cancelled))
    (event,) = events(sdk, agent, run)
    assert event["type"] == "response.cancelled"


@check_of("cancel_agent_run")
def an_outcome_is_never_rewritten_to_cancelled(sdk: Driver) -> None:
    for model in ("echo", "fail", "incomplete", "reject"):
        agent = sdk("create_agent", name="a", model=model).id
        done = ended(sdk, agent, sdk("create_agent_run", agent_id=agent, input="x").id)
        sdk.fails(409, "cancel_agent_run", agent_id=agent, run_id=done.id)
        same(sdk, sdk("get_agent_run", agent_id=agent, run_id=done.id), wire(done))


@check
def runs_are_listed_page_by_page(sdk: Driver) -> None:
    agent = sdk("create_agent", name="a", model="echo").id
    page(sdk, sdk("list_agent_runs", agent_id=agent), [], more=False)
    ids = [sdk("create_agent_run", agent_id=agent, input="x").id for _ in range(5)]
    page(sdk, sdk("list_agent_runs", agent_id=agent), ids[::-1], more=False)
    page(sdk, sdk("list_agent_runs", agent_id=agent, limit=2), ids[:2:-1], more=True)
    page(sdk, sdk("list_agent_runs", agent_id=agent, limit=2, order="asc"), ids[:2], more=True)
    page(sdk, sdk("list_agent_runs", agent_id=agent, limit=5, order="asc"), ids, more=False)
    if sdk.has("list_agent_runs", "offset"):
        page(sdk, sdk("list_agent_runs", agent_id=agent, limit=2, offset=2, order="asc"), ids[2:4], more=True)
        page(sdk, sdk("list_agent_runs", agent_id=agent, limit=2, offset=3), ids[1::-1], more=False)
        page(sdk, sdk("list_agent_runs", agent_id=agent, offset=5), [], more=False)


def ended(sdk: Driver, agent_id: str, run_id: str) -> Any:
    """The run once it has its outcome."""

    def look() -> Any:
        found = sdk("get_agent_run", agent_id=agent_id, run_id=run_id)
        return found if found.completed_at else None

    return sdk.until(look)


def begun(sdk: Driver, model: str, **agent: Any) -> tuple[str, str]:
    """The ids of a new agent and of its run, once the gateway has it."""
    agent_id = sdk("create_agent", name="a", model=model, **agent).id
    run_id = sdk("create_agent_run", agent_id=agent_id, input="x").id
    sdk.until(lambda: sdk("get_agent_run", agent_id=agent_id, run_id=run_id).gateway_response_id)
    return agent_id, run_id


def events(sdk: Driver, agent_id: str, run_id: str) -> list[Any]:
    """A run's events, which the SDK returns as one text of server-sent events."""
    body = sdk("stream_agent_run_events", agent_id=agent_id, run_id=run_id)
    assert isinstance(body, str)
    found = []
    for frame in body.split("\n\n"):
        lines = [line.partition(": ") for line in frame.splitlines() if not line.startswith(":")]
        if not lines:
            continue
        event = json.loads("\n".join(value for name, _, value in lines if name == "data"))
        assert all(value == event["type"] for name, _, value in lines if name == "event")
        found.append(event)
    return found


def said(response: Any) -> str:
    """What a Responses object says."""
    content: str = response["output"][0]["content"][0]["text"]
    return content
