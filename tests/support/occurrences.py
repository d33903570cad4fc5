"""One occurrence of each kind of timing, from the hint that EventBridge or the queue brings to the end of its run."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from agent_schedules.domain.entries import LEAD, LONGEST_DELAY, recurs_on_aws
from agent_schedules.domain.paging import Paging
from agent_schedules.services.runs import list_runs

from tests.support.cost_meter import Cost, CostMeter
from tests.support.world import World

T = TypeVar("T")
KINDS: dict[str, dict[str, Any]] = {
    "once": {"type": "once", "run_at": "2026-03-02T11:00:00Z"},
    "hourly": {"type": "interval", "interval_seconds": 3600},
    "daily cron": {"type": "cron", "cron_expression": "0 11 * * *", "timezone": "UTC"},
    "every minute": {"type": "cron", "cron_expression": "* * * * *", "timezone": "UTC"},
    "every 90 s": {"type": "interval", "interval_seconds": 90},
    "every 5 s": {"type": "interval", "interval_seconds": 5},
    "hourly, to the second": {"type": "interval", "interval_seconds": 3600, "precision": "second"},
    "every 581,769 s": {"type": "interval", "interval_seconds": 581_769},
}


def occurrence(
    world: World,
    spec: dict[str, Any],
    prompt: str,
    *,
    begin: Callable[[], None],
    end: Callable[[], T],
    policies: dict[str, Any] | None = None,
) -> tuple[T, int]:
    """What `end` says when the run is over, and how many times a function was invoked for it.

    `begin` is called before the first. The gateway's response is ready at the first look.
    """
    schedule = world.create(spec, input=prompt, policies=policies)
    timing, due = schedule.definition.timing, schedule.state.next_run_at
    assert due is not None
    looks_ahead, spread = not recurs_on_aws(timing), (schedule.state.due_at or due) - due
    due += spread if looks_ahead else 0  # an entry that EventBridge repeats fires at the nominal time
    far = looks_ahead and due - world.now > LONGEST_DELAY
    if not looks_ahead or far:
        world.queue.messages.clear()  # a near first occurrence has a delayed hint too; the ones after it have not
    world.clock.advance(due - (LEAD if far else 0) - world.now)
    begin()
    invocations = 0
    if far:
        assert world.hint(schedule, world.now) == "early"  # the entry comes ahead, and waits as a message
        world.clock.advance(LEAD)
        invocations += 1
    elif not looks_ahead:
        assert world.hint(schedule, due) == ("early" if spread else "settled")
        world.clock.advance(spread)
        invocations += 1
    invocations += world.work()
    world.clock.advance(2)
    invocations += world.work()
    found = end()
    (view,) = list_runs(world.ports, world.caller, schedule.key.agent_id, Paging()).items
    assert view.run.status == "completed"
    return found, invocations


def measured(name: str, prompt: str, *, background: bool, policies: dict[str, Any] | None = None) -> tuple[Cost, int]:
    """What an occurrence costs in a world of its own, and the invocations that it takes."""
    world = World()
    world.gateway.background = background
    meter = CostMeter(world)
    return occurrence(world, KINDS[name], prompt, begin=meter.reset, end=lambda: meter.cost, policies=policies)
