"""A run from its claim to its outcome: polling, failures, large responses, and one chain of polls."""

from __future__ import annotations

import random
from dataclasses import replace
from typing import Any

import pytest
from agent_schedules.domain.messages import ContinueRun
from agent_schedules.domain.runs import Run, Work, request_for
from agent_schedules.domain.schedules import Schedule
from agent_schedules.execution import run_lifecycle
from agent_schedules.ports import GatewayError
from agent_schedules.services import runs as run_service

from tests.support.world import World

HOURLY = {"type": "interval", "interval_seconds": 3600}


def fired(world: World, model: str = "echo") -> Schedule:
    """A schedule whose first occurrence has just been claimed and sent."""
    schedule = world.create(HOURLY, agent=world.agent(model))
    world.clock.advance(3600)
    world.hint(schedule, world.now)
    return schedule


def only_run(world: World, schedule: Schedule) -> Run:
    """Its one run."""
    (run,) = world.runs(schedule)
    return run


def test_a_slow_response_is_polled_by_one_growing_chain() -> None:
    world = World()
    world.gateway.polls = 4
    schedule = fired(world)
    assert only_run(world, schedule).status == "submitting"
    looks: list[int] = []
    start = world.now
    while not only_run(world, schedule).terminal:
        world.clock.advance(1)
        before = len(world.gateway.retrieved)
        world.work()
        looks += [world.now - start] * (len(world.gateway.retrieved) - before)
        run = only_run(world, schedule)
        assert len(world.queue.messages) == (0 if run.terminal else 1)
        if looks and not run.terminal:
            assert (run.status, run.gateway_response_id) == ("queued", f"resp_{run.key.run_id[4:].lower()}")
    assert looks == [2, 6, 14, 30, 62]


def test_a_repeated_poll_message_starts_no_second_chain() -> None:
    world = World()
    world.gateway.polls = 3
    schedule = fired(world)
    world.clock.advance(2)
    (first,) = world.queue.take_due()
    assert [world.deliver(first) for _ in range(3)] == ["polling", "superseded", "superseded"]
    assert len(world.queue.messages) == 1
    world.pass_time(60)
    assert only_run(world, schedule).status == "completed"


@pytest.mark.parametrize(("model", "code"), [("fail", "server_error"), ("reject", "gateway_refused")])
def test_a_failure_is_recorded_with_its_reason(model: str, code: str) -> None:
    world = World()
    schedule = fired(world, model)
    world.pass_time(3)
    run = only_run(world, schedule)
    assert (run.status, run.error and run.error["code"]) == ("failed", code)
    assert run.completed_at is not None
    assert world.state(schedule).status == "active"
    assert world.state(schedule).run_count == 1


def test_a_gateway_that_cannot_be_asked_now_is_asked_again() -> None:
    world = World()
    schedule = fired(world)

    def down(_: str) -> None:
        raise GatewayError("unavailable", "x")

    world.gateway.before = down
    world.pass_time(20)
    assert not only_run(world, schedule).terminal
    world.gateway.before = lambda _: None
    world.pass_time(60)
    assert only_run(world, schedule).status == "completed"


def test_a_run_that_is_put_off_is_sent_when_its_time_has_come() -> None:
    world = World()
    schedule = fired(world)
    world.queue.messages.clear()
    run = only_run(world, schedule)
    world.gateway.posts.clear()
    assert run_lifecycle.put_off(world.ports, run, delay=30) == "put_off"
    assert only_run(world, schedule).status == "queued"
    assert world.deliver(ContinueRun(run.key, run.rev)) == "superseded"
    assert run_lifecycle.put_off(world.ports, run, delay=30) == "superseded"  # its message finds a newer row, and goes
    world.pass_time(29)
    assert world.gateway.posts == []
    world.pass_time(10)
    assert len(world.gateway.posts) == 1
    assert only_run(world, schedule).status == "completed"
    world.pass_time(60)
    assert world.queue.messages == []


def test_a_run_that_outlives_its_timeout_fails() -> None:
    world = World()
    world.with_limits(run_timeout=600)
    world.gateway.polls = 10**6
    schedule = fired(world)
    world.pass_time(800)
    run = only_run(world, schedule)
    assert (run.status, run.error and run.error["code"]) == ("failed", "timeout")
    assert world.queue.messages == []


def test_a_run_that_ends_at_its_first_poll_keeps_its_response() -> None:
    world = World()
    world.with_limits(run_timeout=60)
    world.gateway.polls = 10**9
    schedule = world.create(HOURLY)
    world.clock.advance(3600)
    world.hint(schedule, world.now)
    world.clock.advance(60)  # the message with the response's id comes late: no poll has written it to the row
    world.work()
    (run,) = world.runs(schedule)
    ((response_id, response),) = world.gateway.responses.items()
    assert (run.status, run.gateway_response_id, response["final"]) == ("failed", response_id, "cancelled")


def test_a_terminal_run_is_never_rewritten() -> None:
    world = World()
    schedule = fired(world)
    world.pass_time(3)
    ended = only_run(world, schedule)
    for rev in (None, 1, ended.rev):
        assert world.deliver(ContinueRun(ended.key, rev, "resp_other")) == "nothing_to_do"
    assert world.hint(schedule, ended.scheduled_for) == "nothing_due"
    assert only_run(world, schedule) == ended


@pytest.mark.parametrize(("size", "parts"), [(100, False), (200_000, True), (900_000, True)])
def test_a_response_is_read_back_whole_whatever_its_size(size: int, parts: bool) -> None:
    world = World()
    schedule = fired(world)
    text = random.Random(size).randbytes(size // 2).hex()
    (response,) = world.gateway.responses.values()
    response["output_text"] = text
    world.pass_time(3)
    run = only_run(world, schedule)
    assert bool(run.response_parts) == parts
    view = run_service.get_run(world.ports, world.caller, run.key.agent_id, run.key.run_id)
    assert view.response is not None
    assert view.response["output_text"] == text


def test_a_reason_that_no_row_could_hold_is_cut_short() -> None:
    world = World()
    schedule = fired(world)
    (response,) = world.gateway.responses.values()
    enormous = {"code": "server_error", "message": "x" * 500_000, "more": ["y"] * 100_000}
    world.gateway.retrieve = lambda *_, **__: {  # type: ignore[method-assign]
        "id": response["id"], "status": "failed", "error": enormous,
    }  # fmt: skip
    world.pass_time(3)
    run = only_run(world, schedule)
    assert (run.status, run.error) == ("failed", {"code": "server_error", "message": "x" * 2000})


def test_beyond_four_megabytes_a_marker_says_so() -> None:
    world = World()
    schedule = fired(world)
    (response,) = world.gateway.responses.values()
    response["output_text"] = "x" * (4 * 1024 * 1024)
    world.pass_time(3)
    run = only_run(world, schedule)
    view = run_service.get_run(world.ports, world.caller, run.key.agent_id, run.key.run_id)
    assert view.response is not None
    assert (view.response["object"], view.response["id"]) == ("response.too_large", run.gateway_response_id)


def test_the_user_acted_for_reaches_the_gateway_each_time() -> None:
    world = World()
    world.caller = replace(world.caller, on_behalf_of="ada")
    schedule = fired(world)
    world.pass_time(3)
    assert only_run(world, schedule).status == "completed"
    assert [post.on_behalf_of for post in world.gateway.posts] == ["ada"]
    assert {user for _, user in world.gateway.retrieved} == {"ada"}
    assert all("ada" not in str(entry.input) for entry in world.scheduler.entries.values())


CONFIGURATION: dict[str, Any] = {
    "name": "a", "description": None, "model": "m", "instructions": None, "tools": [], "tool_choice": None,
    "parallel_tool_calls": True, "max_tool_calls": None, "fallback_models": [], "text": None, "reasoning": None,
    "metadata": {"not": "sent"},
}  # fmt: skip
WORK = Work(input=[{"role": "user", "content": "hi"}], metadata={})


def test_the_request_leaves_out_what_is_null() -> None:
    assert request_for(CONFIGURATION, WORK, background=True) == {
        "model": "m", "input": [{"role": "user", "content": "hi"}], "tools": [], "parallel_tool_calls": True,
        "metadata": {}, "store": True, "stream": False, "background": True,
    }  # fmt: skip
    assert "background" not in request_for(CONFIGURATION, WORK, background=False)


def test_events_are_asked_for_only_where_there_can_be_any() -> None:
    asked = replace(WORK, stream=True)
    assert request_for(CONFIGURATION, asked, background=True, extensions=True)["stream_events"] is True
    for background, extensions in ((True, False), (False, True)):
        plain = request_for(CONFIGURATION, WORK, background=background, extensions=extensions)
        assert request_for(CONFIGURATION, asked, background=background, extensions=extensions) == plain


def test_what_only_mka1_knows_is_sent_to_nobody_else() -> None:
    configuration = CONFIGURATION | {"fallback_models": ["f"]}
    assert request_for(configuration, WORK, background=True, extensions=True)["fallback_models"] == ["f"]
    assert "fallback_models" not in request_for(configuration, WORK, background=True)


def test_the_request_carries_what_is_set() -> None:
    set_ = {"instructions": "i", "tool_choice": "auto", "max_tool_calls": 3, "text": {}, "reasoning": {"effort": "low"}}
    set_ |= {"fallback_models": ["f"]}
    given: dict[str, Any] = {"conversation": "conv_1", "previous_response_id": "resp_1"}
    given |= {"context_management": [{"type": "compaction"}]}
    request = request_for(CONFIGURATION | set_, replace(WORK, **given), background=True, extensions=True)
    assert request | set_ | given == request
