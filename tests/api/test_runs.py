"""Runs over HTTP: started at once, cancelled, and their events (contract 4, D45, D46)."""

from __future__ import annotations

import json
from typing import Any

import pytest
from agent_schedules.errors import Unavailable
from agent_schedules.ports import GatewayError

from tests.support.api import Api

FIELDS = {
    "object", "id", "agent_id", "agent_version", "status", "input", "conversation", "previous_response_id", "metadata",
    "gateway_response_id", "gateway_response", "error", "usage", "created_at", "completed_at", "schedule_id",
    "scheduled_for", "effective_at", "waited_until", "trigger", "retry_of",
}  # fmt: skip


def linked(api: Api, *, polls: int = 10**6) -> dict[str, Any]:
    """A run that the gateway is working on."""
    api.world.gateway.polls = polls
    run = api.start()
    api.world.pass_time(3)
    found = api.get(f"{api.runs}/{run['id']}")
    assert (found["status"], found["gateway_response_id"] is None) == ("queued", False)
    return found


def events(api: Api, run: dict[str, Any]) -> dict[str, Any]:
    """The one event of a run's stream."""
    answer = api.client.get(f"{api.runs}/{run['id']}/events", headers={"Accept": "text/event-stream"})
    assert (answer.status_code, answer.headers["content-type"]) == (200, "text/event-stream; charset=utf-8")
    kind, data, *rest = answer.text.split("\n")
    assert rest == ["", ""]
    event: dict[str, Any] = json.loads(data.removeprefix("data: "))
    assert kind == f"event: {event['type']}"
    return event


def test_a_run_is_queued_at_once_and_carried_out_by_the_worker(api: Api) -> None:
    sent: dict[str, Any] = {
        "input": [{"role": "user", "content": "hi", "n": 1.0}], "conversation": "conv_1", "metadata": {"k": "v"},
        "context_management": [{"type": "compaction", "compact_threshold": 1000}],
        "stream": True,
    }  # fmt: skip
    run = api.start(**sent)
    assert set(run) == FIELDS
    assert (run["status"], run["trigger"], run["schedule_id"], run["agent_version"]) == ("queued", "api", None, 1)
    assert run["input"] == sent["input"]
    assert api.get(f"{api.runs}/{run['id']}") == run
    api.world.pass_time(3)
    done = api.get(f"{api.runs}/{run['id']}")
    assert done["status"] == "completed"
    assert done["completed_at"] == "2026-03-02T10:00:03.000Z"
    assert done["gateway_response"]["id"] == done["gateway_response_id"]
    (post,) = api.world.gateway.posts
    assert post.key == run["id"]
    request: dict[str, Any] = {"background": True, "stream_events": True, "store": True, "stream": False}
    request |= {name: value for name, value in sent.items() if name != "stream"}
    assert {name: post.request[name] for name in request} == request


def test_it_runs_the_version_current_at_its_creation(api: Api) -> None:
    run = api.start()
    api.post(api.at, {"instructions": "newer"})
    api.world.pass_time(3)
    assert api.get(f"{api.runs}/{run['id']}")["agent_version"] == 1
    assert "instructions" not in api.world.gateway.posts[0].request


def test_a_run_acts_for_the_user_of_its_call(api: Api) -> None:
    api.client.headers["X-On-Behalf-Of"] = "ada"
    agent = api.post("/api/v1/agents", {"name": "b", "model": "m"}, status=201)["id"]
    api.post(f"/api/v1/agents/{agent}/runs", {"input": "x"}, status=201)
    api.world.pass_time(3)
    assert [post.on_behalf_of for post in api.world.gateway.posts] == ["ada"]


@pytest.mark.parametrize(
    ("body", "named"),
    [
        ({}, "input"),
        ({"input": ""}, "input"),
        ({"input": None}, "input"),
        ({"input": 5}, "input"),
        ({"input": ["x"]}, "input"),
        ({"input": "x", "stream": "yes"}, "stream"),
        ({"input": "x", "schedule": {}}, "schedule"),
        ({"input": "x", "metadata": {"k": 1}}, "metadata"),
        ({"input": "x", "context_management": [{"type": "compaction", "compact_threshold": 1}]}, "context_management"),
    ],
)
def test_a_bad_run_writes_nothing(api: Api, body: Any, named: str) -> None:
    assert named in api.refused("POST", api.runs, body, status=400)


def test_the_reconciler_requeues_a_run_without_message(api: Api) -> None:
    def lost(_: object) -> None:
        raise Unavailable("SQS did not answer")

    api.world.queue.before = lost
    run = api.start()
    api.world.queue.before = lambda _: None
    assert api.world.queue.messages == []
    api.world.clock.advance(1800)
    assert api.world.sweep() == 1
    api.world.pass_time(3)
    assert api.get(f"{api.runs}/{run['id']}")["status"] == "completed"


def test_a_queued_run_is_cancelled_here_and_never_sent(api: Api) -> None:
    run = api.start()
    cancelled = api.post(f"{api.runs}/{run['id']}/cancel")
    assert cancelled == run | {"status": "cancelled", "completed_at": "2026-03-02T10:00:00.000Z"}
    assert api.post(f"{api.runs}/{run['id']}/cancel") == cancelled
    api.world.pass_time(5)
    assert api.world.gateway.posts == []
    assert api.get(f"{api.runs}/{run['id']}") == cancelled


def test_a_linked_run_is_cancelled_at_the_gateway(api: Api) -> None:
    run = linked(api)
    cancelled = api.post(f"{api.runs}/{run['id']}/cancel")
    assert (cancelled["status"], cancelled["gateway_response"]["status"]) == ("cancelled", "cancelled")
    assert cancelled["completed_at"] == "2026-03-02T10:00:03.000Z"
    assert api.post(f"{api.runs}/{run['id']}/cancel") == cancelled
    api.world.pass_time(120)
    assert api.get(f"{api.runs}/{run['id']}") == cancelled


def test_a_terminal_run_is_never_relabelled(api: Api) -> None:
    run = api.start()
    api.world.pass_time(3)
    assert "completed" in api.refused("POST", f"{api.runs}/{run['id']}/cancel", status=409)


def test_an_outcome_that_won_the_race_is_recorded_and_a_409(api: Api) -> None:
    run = linked(api)
    api.world.gateway.responses[run["gateway_response_id"]]["left"] = 0
    answer = api.client.post(f"{api.runs}/{run['id']}/cancel")
    assert answer.status_code == 409
    assert "completed" in answer.json()["error"]["message"]
    assert api.get(f"{api.runs}/{run['id']}")["status"] == "completed"


def test_while_it_is_being_sent_a_run_cannot_be_cancelled(api: Api) -> None:
    run = api.start()
    api.world.work()  # sent; the row learns of the response at the first poll
    assert api.get(f"{api.runs}/{run['id']}")["status"] == "submitting"
    assert "again" in api.refused("POST", f"{api.runs}/{run['id']}/cancel", status=409)
    assert "submitting" in api.refused("GET", f"{api.runs}/{run['id']}/events", status=409)


def test_a_refused_cancel_is_a_409_with_its_reason(api: Api) -> None:
    run = linked(api)

    def refuse(verb: str) -> None:
        if verb == "cancel":
            raise GatewayError("refused", "The gateway answered 400: not cancellable")

    api.world.gateway.before = refuse
    assert "not cancellable" in api.refused("POST", f"{api.runs}/{run['id']}/cancel", status=409)


@pytest.mark.parametrize(("took", "left"), [(2.0, [0.5]), (2.5, [])])
def test_a_cancel_and_its_look_share_the_callers_patience(api: Api, took: float, left: list[float]) -> None:
    run = linked(api)
    given: list[float] = []

    def cancel(*_: object, **__: object) -> dict[str, Any]:
        api.monotonic += took
        raise GatewayError("refused", "The gateway answered 400: not cancellable")

    def retrieve(response_id: str, *, seconds: float, **_: object) -> dict[str, Any]:
        given.append(seconds)
        return {"id": response_id, "object": "response", "status": "in_progress"}

    api.world.gateway.cancel = cancel  # type: ignore[method-assign]
    api.world.gateway.retrieve = retrieve  # type: ignore[method-assign]
    api.refused("POST", f"{api.runs}/{run['id']}/cancel", status=409 if left else 502)
    assert given == left


def test_a_gateway_that_does_not_answer_is_a_502(api: Api) -> None:
    run = linked(api)

    def down(_: str) -> None:
        raise GatewayError("unreachable", "The gateway could not be reached")

    api.world.gateway.before = down
    assert "again" in api.refused("POST", f"{api.runs}/{run['id']}/cancel", status=502)
    assert "again" in api.refused("GET", f"{api.runs}/{run['id']}/events", status=502)


@pytest.mark.parametrize(("model", "status"), [("echo", "completed"), ("fail", "failed")])
def test_a_terminal_run_yields_its_terminal_event(api: Api, model: str, status: str) -> None:
    api.post(api.at, {"model": model})
    run = api.start()
    api.world.pass_time(3)
    event = events(api, run)
    assert (event["type"], event["sequence_number"]) == (f"response.{status}", 0)
    assert event["response"] == api.get(f"{api.runs}/{run['id']}")["gateway_response"]


def test_a_live_run_yields_a_snapshot(api: Api) -> None:
    run = linked(api)
    event = events(api, run)
    assert (event["type"], event["response"]["id"]) == ("response.in_progress", run["gateway_response_id"])
    assert api.get(f"{api.runs}/{run['id']}")["status"] == "queued"


def test_a_cancelled_run_yields_that(api: Api) -> None:
    run = linked(api)
    api.post(f"{api.runs}/{run['id']}/cancel")
    assert events(api, run)["type"] == "response.cancelled"


def test_a_run_that_timed_out_yields_what_is_known_of_it(api: Api) -> None:
    run = linked(api)
    api.world.pass_time(90_000, step=60)
    event = events(api, run)
    assert (event["type"], event["response"]["error"]["code"]) == ("response.failed", "timeout")


def test_a_run_without_a_response_has_no_events(api: Api) -> None:
    run = api.start()
    assert "queued" in api.refused("GET", f"{api.runs}/{run['id']}/events", status=409)
    api.post(api.at, {"model": "reject"})
    refused = api.start()
    api.world.pass_time(3)
    assert "failed" in api.refused("GET", f"{api.runs}/{refused['id']}/events", status=409)


def test_the_runs_of_the_agent_are_listed_whatever_made_them(api: Api) -> None:
    api.create({"type": "interval", "interval_seconds": 60})
    run = api.start()
    api.world.pass_time(62)
    scheduled, started = api.get(api.runs)["data"]
    assert (scheduled["trigger"], started["trigger"], started["id"]) == ("schedule", "api", run["id"])


def test_a_run_shows_the_tokens_that_its_response_reports(api: Api) -> None:
    run = api.start(input="hello")
    assert run["usage"] is None
    usage = {"input_tokens": 12, "output_tokens": 3, "total_tokens": 15}
    answer = api.world.gateway.retrieve
    api.world.gateway.retrieve = lambda *args, **named: answer(*args, **named) | {"usage": usage}  # type: ignore[method-assign]
    api.world.pass_time(3)
    assert api.get(f"{api.runs}/{run['id']}")["usage"] == usage


@pytest.mark.parametrize(("tokens", "shown"), [({"total_tokens": 15}, True), ({"x": "y" * 5000}, False), ("15", False)])
def test_a_response_too_large_to_keep_still_shows_its_tokens(api: Api, tokens: object, *, shown: bool) -> None:
    run = api.start(input="hello")
    answer = api.world.gateway.retrieve
    large = {"usage": tokens, "output_text": "x" * 5_000_000}
    api.world.gateway.retrieve = lambda *args, **named: answer(*args, **named) | large  # type: ignore[method-assign]
    api.world.pass_time(3)
    found = api.get(f"{api.runs}/{run['id']}")
    assert found["gateway_response"]["object"] == "response.too_large"
    assert found["usage"] == (tokens if shown else None)
