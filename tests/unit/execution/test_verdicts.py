"""One bad answer of the gateway is no verdict on a run; what is one, when, and what is left behind."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from itertools import pairwise
from typing import Any

import pytest
from agent_schedules.domain.messages import ContinueRun, message_of
from agent_schedules.domain.runs import Run, RunKey
from agent_schedules.domain.schedules import Schedule
from agent_schedules.execution.run_lifecycle import process_run
from agent_schedules.execution.verdicts import LAST_TRY, MOST_ODD
from agent_schedules.ports import Failing, GatewayError

from tests.support.logs import LogWatch
from tests.support.world import World

HOURLY = {"type": "interval", "interval_seconds": 3600}
DAY = 86_400


class Sick:
    """A gateway that fails at some calls, and when each came."""

    def __init__(self, world: World, fails: Callable[[str, int], GatewayError | None]) -> None:
        self.at: dict[str, list[int]] = {"create": [], "retrieve": [], "cancel": []}

        def before(verb: str) -> None:
            self.at[verb].append(world.now)
            error = fails(verb, len(self.at[verb]))
            if error is not None:
                raise error

        world.gateway.before = before


def at(verb: str, *, times: int = 10**9, **error: Any) -> Callable[[str, int], GatewayError | None]:
    """Fails at the first `times` of these calls."""
    kind: Failing = error.pop("kind", "unavailable")
    return lambda called, number: GatewayError(kind, "seen", **error) if called == verb and number <= times else None


def fired(world: World) -> Schedule:
    """A schedule whose first occurrence has just been claimed and sent."""
    schedule = world.create(HOURLY)
    world.clock.advance(3600)
    world.hint(schedule, world.now)
    return schedule


def end_of(world: World, schedule: Schedule, within: int) -> Run:
    """Its first run, when it is over."""
    latest = world.clock.moment + timedelta(seconds=within)
    while not (run := world.runs(schedule)[0]).terminal:
        due = min(delayed.due for delayed in world.queue.messages)
        assert due <= latest, f"still {run.status}"
        world.clock.advance(max(1, (due - world.clock.moment).total_seconds()))
        world.work()
    return run


@pytest.mark.parametrize("kind", ["refused", "strange", "unavailable", "unreachable", "broken", "timed_out"])
@pytest.mark.parametrize("times", [1, MOST_ODD - 1])
def test_bad_looks_do_not_end_a_run_that_goes_on(kind: str, times: int) -> None:
    world = World()
    sick = Sick(world, at("retrieve", kind=kind, times=times))
    run = end_of(world, fired(world), 3600)
    assert (run.status, run.error, len(sick.at["create"])) == ("completed", None, 1)


@pytest.mark.parametrize(("kind", "code"), [("refused", "gateway_refused"), ("strange", "gateway_invalid")])
def test_a_lasting_refusal_ends_the_run_and_its_response(kind: str, code: str) -> None:
    world = World()
    world.gateway.polls = 10**6
    sick = Sick(world, at("retrieve", kind=kind))
    run = end_of(world, fired(world), 3600)
    assert run.error is not None
    assert (run.status, run.error["code"]) == ("failed", code)
    assert (
        run.error["message"]
        == f"seen; {MOST_ODD} polls in a row failed like this. The gateway was asked to cancel the response"
    )
    assert run.gateway_response_id in world.gateway.responses
    assert (len(sick.at["retrieve"]), len(sick.at["cancel"])) == (MOST_ODD, 1)
    assert sick.at["retrieve"][-1] - sick.at["retrieve"][0] >= 300
    assert world.queue.messages == []


def test_a_response_that_cannot_be_cancelled_is_named() -> None:
    world = World()
    Sick(world, lambda verb, _: None if verb == "create" else GatewayError("refused", f"no {verb}"))
    run = end_of(world, fired(world), 3600)
    assert run.error is not None
    assert run.error["message"].endswith("The gateway did not cancel the response: no cancel")
    assert run.gateway_response_id in world.gateway.responses


def test_a_response_that_was_over_after_all_keeps_its_outcome() -> None:
    world = World()
    Sick(world, at("retrieve", kind="refused"))
    world.gateway.cancel = lambda name, **_: world.gateway.responses[name] | {"status": "completed"}  # type: ignore[method-assign]
    assert end_of(world, fired(world), 3600).status == "completed"


@pytest.mark.parametrize("kind", ["unavailable", "unreachable", "broken", "timed_out"])
def test_looks_at_a_gateway_that_is_away_end_no_run(kind: str) -> None:
    world = World()
    Sick(world, at("retrieve", kind=kind, times=2 * MOST_ODD))
    assert end_of(world, fired(world), 7200).status == "completed"


def test_a_good_look_begins_the_count_again() -> None:
    world = World()
    world.gateway.polls = 4
    Sick(world, lambda verb, n: GatewayError("strange", "x") if verb == "retrieve" and n % MOST_ODD else None)
    assert end_of(world, fired(world), 3600).status == "completed"


def test_a_look_waits_as_long_as_the_gateway_says() -> None:
    world = World()
    sick = Sick(world, at("retrieve", times=1, retry_after=100.2))
    end_of(world, fired(world), 3600)
    assert sick.at["retrieve"][1] - sick.at["retrieve"][0] == 101


@pytest.mark.parametrize("kind", ["unavailable", "unreachable"])
def test_a_send_is_repeated_with_growing_waits_until_it_is_taken(kind: str) -> None:
    world = World()
    sick = Sick(world, at("create", kind=kind, times=9))
    run = end_of(world, fired(world), DAY)
    assert run.status == "completed"
    assert [later - one for one, later in pairwise(sick.at["create"])] == [2, 4, 8, 16, 32, 60, 120, 300, 600]
    assert {post.key for post in world.gateway.posts} == {run.key.run_id}


@pytest.mark.parametrize(("asked_for", "waited"), [(20.0, 20), (0.5, 2), (3600.0, 900)])
def test_a_send_waits_as_long_as_the_gateway_says(asked_for: float, waited: int) -> None:
    world = World()
    sick = Sick(world, at("create", times=1, retry_after=asked_for))
    assert end_of(world, fired(world), 3600).status == "completed"
    assert sick.at["create"][1] - sick.at["create"][0] == waited


def test_the_reconciler_leaves_a_waiting_run_alone() -> None:
    world = World()
    sick = Sick(world, at("create", times=1, retry_after=900))
    schedule = fired(world)
    for _ in range(899):
        world.clock.advance(1)
        world.sweep()
        world.work()
    assert (len(sick.at["create"]), world.runs(schedule)[0].status) == (1, "queued")


@pytest.mark.parametrize("timeout", [60, 600, DAY])
def test_a_gateway_that_is_down_ends_a_run_when_its_time_is_over(timeout: int) -> None:
    world = World()
    world.with_limits(run_timeout=timeout)
    sick = Sick(world, at("create"))
    run = end_of(world, fired(world), timeout)
    assert (run.status, run.error) == ("failed", {"code": "gateway_unavailable", "message": "seen"})
    assert run.completed_at is not None
    assert timeout - LAST_TRY <= (run.completed_at - run.created_at).total_seconds() <= timeout
    assert sick.at["create"][-1] == world.now
    assert world.queue.messages == []


@pytest.mark.parametrize("background", [True, False])
def test_a_send_that_had_its_time_is_not_repeated(*, background: bool) -> None:
    world = World()
    world.gateway.background = background
    sick = Sick(world, at("create", kind="timed_out", waited=world.gateway.patience))
    run = end_of(world, fired(world), 10)
    assert run.error is not None
    assert (run.error["code"], len(sick.at["create"])) == ("gateway_timeout", 1)
    assert ("GatewayMode to synchronous" in run.error["message"]) == background


def test_a_send_that_had_little_time_is_repeated() -> None:
    world = World()
    sick = Sick(world, at("create", kind="timed_out", waited=world.gateway.patience - 1, times=3))
    assert end_of(world, fired(world), 3600).status == "completed"
    assert len(sick.at["create"]) == 4


@pytest.mark.parametrize("kind", ["strange", "broken", "timed_out"])
def test_what_the_gateway_may_have_taken_is_not_sent_without_end(kind: str) -> None:
    world = World()
    sick = Sick(world, at("create", kind=kind))
    run = end_of(world, fired(world), DAY)
    assert run.error is not None
    assert run.error["code"] == ("gateway_invalid" if kind == "strange" else "gateway_unavailable")
    assert len(sick.at["create"]) == MOST_ODD


def test_a_refused_send_ends_the_run_at_once() -> None:
    world = World()
    sick = Sick(world, at("create", kind="refused"))
    run = end_of(world, fired(world), 1)
    assert (run.error, len(sick.at["create"])) == ({"code": "gateway_refused", "message": "seen"}, 1)


@pytest.mark.parametrize(("times", "asked", "final"), [(3, 4, "cancelled"), (10**9, MOST_ODD, "completed")])
def test_the_late_response_of_a_cancelled_run_is_cancelled(
    logged: LogWatch, times: int, asked: int, final: str
) -> None:
    world = World()
    world.gateway.polls = 10**6
    schedule = fired(world)  # only the message knows the response
    run = world.runs(schedule)[0]
    world.ports.store.runs.save(run.ended("cancelled", now=world.clock.moment, error=None))
    sick = Sick(world, at("cancel", kind="unreachable", times=times))
    while world.queue.messages:
        due = min(delayed.due for delayed in world.queue.messages)
        world.clock.advance(max(1, (due - world.clock.moment).total_seconds()))
        world.work()
    ((response_id, response),) = world.gateway.responses.items()
    assert (len(sick.at["cancel"]), response["final"], sick.at["create"]) == (asked, final, [])
    given_up = [line for line in logged.lines if "response not cancelled" in line]
    assert [response_id in line for line in given_up] == [True] * (final == "completed")


def test_a_message_that_finds_a_lease_keeps_its_counts() -> None:
    world = World()
    run = world.runs(fired(world))[0]
    world.queue.messages.clear()
    held = run.claimed(now=world.clock.moment, lease=30)
    world.ports.store.runs.save(held)
    assert process_run(world.ports, ContinueRun(run.key, held.rev, polls=7, odd=5), lease=30) == "held"
    (recheck,) = [m.message for m in world.queue.messages if isinstance(m.message, ContinueRun)]
    assert (recheck.polls, recheck.odd) == (7, 5)


def test_the_counts_travel_with_the_message() -> None:
    message = ContinueRun(RunKey("o", "a", "r"), 3, "resp_1", polls=4, odd=5)
    assert message_of(message.body()) == message
    assert "odd" not in ContinueRun(RunKey("o", "a", "r"), 3).body()
