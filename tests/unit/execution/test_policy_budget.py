"""What each policy adds to the cost of an occurrence. Counted, never timed; the table in performance.md."""

from __future__ import annotations

from typing import Any, NamedTuple

import pytest
from agent_schedules.domain.policies import Overlap, Policies

from tests.support.cost_meter import CostMeter
from tests.support.lines import LONG, STEP, end_at_gateway, with_policies
from tests.support.measured import PROMPTS
from tests.support.occurrences import measured
from tests.support.world import World

PROMPT = PROMPTS["100 bytes"]


class More(NamedTuple):
    """What comes on top of an occurrence without policies."""

    calls: int = 0
    sqs: int = 0
    written: int = 0
    read: float = 0
    invocations: int = 0


FREE: dict[str, dict[str, Any]] = {
    "bounds": {"start_at": "2026-01-01T00:00:00Z", "end_at": "2027-01-01T00:00:00Z"},
    "exclude": {"exclude": ["2026-12-24/2027-01-02"]},
    "max_runs": {"max_runs": 1000},
    "misfire": {"misfire": "run_all", "misfire_grace_seconds": 600},
    "timeout_seconds": {"timeout_seconds": 600},
    "run_retention_days": {"run_retention_days": 30},
}
SPREAD = {"spread_seconds": 900}


def added(kind: str, policies: dict[str, Any]) -> More:
    """What policies add to an occurrence of that kind."""
    bare, before = measured(kind, PROMPT, background=True)
    cost, after = measured(kind, PROMPT, background=True, policies=policies)
    return More(
        cost.calls - bare.calls,
        cost.sqs - bare.sqs,
        cost.write_units - bare.write_units,
        cost.read_units - bare.read_units,
        after - before,
    )


@pytest.mark.parametrize("seconds", [3_700, 7 * 86_400])
@pytest.mark.parametrize("kind", ["hourly", "daily cron", "every 90 s"])
def test_a_dead_mans_switch_costs_a_read_and_a_write_of_the_state(kind: str, seconds: int) -> None:
    assert added(kind, {"alert_after_seconds": seconds}) == More(calls=2, written=1, read=1)


def test_a_deadline_before_the_next_look_moves_in_the_index() -> None:
    assert added("every 90 s", {"alert_after_seconds": 600}) == More(calls=2, written=3, read=1)


@pytest.mark.parametrize("name", FREE)
@pytest.mark.parametrize("kind", ["hourly", "daily cron", "every 90 s"])
def test_policies_about_times_and_numbers_cost_nothing(name: str, kind: str) -> None:
    assert added(kind, FREE[name]) == More()


def test_a_spread_costs_a_message_where_aws_repeats_the_entry() -> None:
    assert added("hourly", SPREAD) == More(calls=2, sqs=1, read=4, invocations=1)
    assert added("every 90 s", SPREAD) == More()


def of_the_second(overlap: Overlap, *, while_open: bool) -> tuple[int, int, float]:
    """Calls, write and read units of the second occurrence, to the end of both runs.

    The first run is over by then, or its response is complete 5 s after the second occurrence.
    """
    world = World()
    world.gateway.polls = LONG if while_open else 0
    schedule = with_policies(world, Policies(overlap=overlap))
    world.pass_time(STEP + 30)
    (first,) = world.runs(schedule)
    assert first.terminal != while_open
    meter = CostMeter(world)
    world.pass_time(20)
    if while_open:
        world.gateway.polls = 0
        if world.runs(schedule)[0].status != "cancelled":
            end_at_gateway(world, first)
        for run in world.runs(schedule)[1:]:
            if run.gateway_response_id is not None:
                end_at_gateway(world, run)
    world.pass_time(24)
    assert all(run.terminal for run in world.runs(schedule))
    return meter.cost.calls, meter.cost.write_units, meter.cost.read_units


SERIAL: dict[Overlap, tuple[int, int, float]] = {
    "skip": (-4, -4, 0),  # a record, which is listed, instead of a run
    "queue_one": (11, 6, 16),  # the run waits, and is released
    "queue_all": (11, 6, 16),
    "cancel_previous": (21, 9, 26),  # besides, the open run is polled at once, cancelled and listed
}
"""What the second occurrence adds while the run of the first is open."""


@pytest.mark.parametrize("overlap", SERIAL)
def test_an_overlap_policy_costs_two_reads_without_an_overlap(overlap: Overlap) -> None:
    before, cost = of_the_second("allow", while_open=False), of_the_second(overlap, while_open=False)
    assert cost == (before[0] + 2, before[1], before[2] + 2)  # of the run before, and of what waits at the end


@pytest.mark.parametrize("overlap", SERIAL)
def test_an_overlap_costs_what_it_says_here(overlap: Overlap) -> None:
    before, cost = of_the_second("allow", while_open=True), of_the_second(overlap, while_open=True)
    assert tuple(now - then for now, then in zip(cost, before, strict=True)) == SERIAL[overlap]
