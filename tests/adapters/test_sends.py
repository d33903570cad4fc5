"""An answer to a send, or none, and the run that was sent: the adapter's judgement and the run's life, joined."""

from __future__ import annotations

from itertools import pairwise
from typing import Any, cast

import httpx
import pytest
from agent_schedules.domain.messages import Hint
from agent_schedules.execution.settle import on_hint
from urllib3.exceptions import ReadTimeoutError

from tests.support.responses_client import OK, Upstream, joined

SYNCHRONOUS_LEASE = 895.0
DONE = httpx.Response(200, json=OK | {"status": "completed"})
LOCKED = {"error": {"message": "another process uses it", "code": "conversation_locked"}}


@pytest.mark.parametrize("background", [True, False])
def test_a_send_without_an_answer_is_made_once(*, background: bool) -> None:
    upstream = Upstream(ReadTimeoutError(cast(Any, None), "x", "x"))
    world, schedule = joined(upstream, background=background)
    on_hint(world.ports, Hint(schedule.key, world.now), lease=60.0 if background else SYNCHRONOUS_LEASE)
    world.pass_time(7200)
    (run,) = world.runs(schedule)
    assert run.error is not None
    assert (run.status, run.error["code"]) == ("failed", "gateway_timeout")
    assert ("set GatewayMode to synchronous" in run.error["message"]) == background
    assert [request.method for request in upstream.requests] == ["POST"]
    assert world.queue.messages == []


def test_a_gateway_that_ignores_background_may_answer_at_once() -> None:
    upstream = Upstream(DONE)
    world, schedule = joined(upstream)
    world.hint(schedule, world.now)
    (run,) = world.runs(schedule)
    assert (run.status, run.error, run.gateway_response_id) == ("completed", None, OK["id"])
    world.pass_time(7200)
    assert [request.method for request in upstream.requests] == ["POST"]


REFUSED_FOR_NOW = {
    "408": httpx.Response(408),
    "409": httpx.Response(409, json={"error": {"message": "locked"}}),
    "425": httpx.Response(425),
    "a locked conversation": httpx.Response(400, json=LOCKED),
}


def times_of(upstream: Upstream, seconds: int) -> list[int]:
    """The seconds from the first send, at which each send of a run was made. It is completed at its last one."""
    world, schedule = joined(upstream)
    world.hint(schedule, world.now)
    began, at = world.now, [0] * len(upstream.requests)
    for _ in range(seconds):
        world.pass_time(1)
        at += [world.now - began] * (len(upstream.requests) - len(at))
    (run,) = world.runs(schedule)
    assert (run.status, run.error) == ("completed", None)
    assert {request.headers["Idempotency-Key"] for request in upstream.requests} == {run.key.run_id}
    assert {request.method for request in upstream.requests} == {"POST"}
    return at


@pytest.mark.parametrize(("times", "expected"), [(1, [0, 0]), (8, [0, 0, 0, 0, 2, 2, 2, 2, 6])])
@pytest.mark.parametrize("bad", REFUSED_FOR_NOW)
def test_a_send_that_is_refused_for_now_is_made_again(bad: str, times: int, expected: list[int]) -> None:
    assert times_of(Upstream(*[REFUSED_FOR_NOW[bad]] * times, DONE), 60) == expected


@pytest.mark.parametrize(("times", "waits"), [(1, [20]), (6, [20, 20, 20, 20, 32, 60])])
def test_a_busy_gateway_is_left_alone_as_long_as_it_asks(times: int, waits: list[int]) -> None:
    busy = httpx.Response(429, headers={"Retry-After": "20"}, json={"error": {"message": "slow down"}})
    at = times_of(Upstream(*[busy] * times, DONE), 300)
    assert [later - one for one, later in pairwise(at)] == waits
