"""What an occurrence costs in AWS calls and DynamoDB units, held to the budget of docs/decisions/0001. Counted, never
timed. What each operation of the HTTP API costs is in tests/api/test_costs.py."""

from __future__ import annotations

from typing import NamedTuple

import pytest
from agent_schedules.schemas.requests import UpdateScheduleBody
from agent_schedules.services import agents, schedules

from tests.support.cost_meter import CostMeter
from tests.support.measured import PROMPTS
from tests.support.occurrences import KINDS, measured
from tests.support.world import World

HOURLY = KINDS["hourly"]


class Expected(NamedTuple):
    """Of an occurrence with a synchronous gateway; in background mode the first look takes what `LOOK` says more."""

    calls: int
    scheduler: int
    sqs: int
    written: int
    read: tuple[float, float]
    """With a prompt of 100 bytes and with one of 20 KB, of which the definition is read once a hint."""
    events: int
    invocations: int


# fmt: off
EXPECTED = {
    "once": Expected(3, 0, 0, 9, (4, 8), 3, 1),
    "hourly": Expected(3, 0, 0, 10, (4, 8), 2, 1),
    "daily cron": Expected(3, 0, 0, 10, (4, 8), 2, 1),
    "every minute": Expected(3, 0, 0, 8, (4, 8), 2, 1),
    "every 90 s": Expected(4, 0, 1, 8, (4, 8), 2, 1),
    "every 5 s": Expected(4, 0, 1, 8, (4, 8), 2, 1),
    "hourly, to the second": Expected(6, 1, 1, 10, (8, 16), 2, 2),
    "every 581,769 s": Expected(6, 1, 1, 10, (8, 16), 2, 2),
}
# fmt: on
LOOK = Expected(2, 0, 1, 0, (1, 1), 0, 1)


def test_counting_costs_write_units_and_no_call(world: World) -> None:
    schedule = world.create(HOURLY)
    at = (world.ports, world.call, schedule.key.agent_id, schedule.key.schedule_id)
    meter = CostMeter(world)
    world.create(HOURLY, agent=agents.get_agent(world.ports, world.caller, schedule.key.agent_id))
    assert (
        meter.cost.write_units == 2 + 3 + 3 + 4
    )  # the agent is checked; definition and state, each with an index; counters
    meter.reset()
    schedules.pause_schedule(*at)
    assert meter.cost.write_units == 2  # it stays counted, and comes out of the attention index
    meter.reset()
    schedules.update_schedule(*at, UpdateScheduleBody(name="n"))
    assert meter.cost.write_units == 4  # nothing is counted that was not before
    schedules.resume_schedule(*at)
    meter.reset()
    schedules.delete_schedule(*at)
    assert meter.cost.write_units == 3 + 3 + 2 + 2 + 4  # definition and state move, and leave their indexes


@pytest.mark.parametrize("background", [False, True], ids=["synchronous", "background"])
@pytest.mark.parametrize("name", KINDS)
def test_an_occurrence_costs_what_it_says_here(name: str, *, background: bool) -> None:
    expected, look = EXPECTED[name], LOOK if background else Expected(0, 0, 0, 0, (0, 0), 0, 0)
    for at, prompt in enumerate(PROMPTS.values()):
        cost, invocations = measured(name, prompt, background=background)
        assert cost.calls == expected.calls + look.calls
        assert (cost.scheduler, cost.sqs) == (expected.scheduler, expected.sqs + look.sqs)
        assert cost.write_units == expected.written
        assert cost.read_units == expected.read[at] + look.read[at]
        assert (cost.events, invocations) == (expected.events, expected.invocations + look.invocations)
        assert cost.gateway == 1 + background


@pytest.mark.parametrize(
    ("name", "occurrences", "most"),
    [("every ten minutes", 36, 8.4), ("hourly", 24, 10), ("daily cron", 3, 10), ("every minute", 60, 8.2)],
)
def test_successive_occurrences_share_their_attention_place(
    world: World, name: str, occurrences: int, most: float
) -> None:
    schedule = world.create(KINDS.get(name, {"type": "interval", "interval_seconds": 600}))
    world.queue.messages.clear()
    meter = CostMeter(world)
    for _ in range(occurrences):
        due = world.state(schedule).next_run_at
        assert due is not None
        world.clock.advance(due - world.now)
        assert world.hint(schedule, due) == "settled"
        world.clock.advance(2)
        world.work()
    assert len(world.runs(schedule)) == occurrences
    assert meter.cost.write_units <= most * occurrences


def test_an_occurrence_keeps_within_the_budget() -> None:
    assert set(EXPECTED) == set(KINDS)
    for expected in EXPECTED.values():
        assert expected.written <= 10
        # What goes by look-ahead costs a message or an entry more, and one that is armed far ahead a hint more too.
        assert expected.calls - (expected.scheduler + expected.sqs) - (expected.invocations - 1) == 3


def test_a_second_look_costs_three_calls_and_a_link(world: World) -> None:
    world.gateway.polls = 1
    world.create(HOURLY)
    schedule = world.create(HOURLY)
    world.clock.advance(3600)
    meter = CostMeter(world)
    world.hint(schedule, world.now)
    world.pass_time(10)
    assert meter.cost.calls == 5 + 3
    assert meter.cost.write_units == 10 + 1


def test_a_hint_that_finds_nothing_due_costs_one_read(world: World) -> None:
    schedule = world.create(HOURLY)
    meter = CostMeter(world)
    assert world.hint(schedule, world.now - 60) == "nothing_due"
    assert (meter.cost.calls, meter.cost.write_units) == (1, 0)


@pytest.mark.parametrize("seconds", [1, 2, 5])
@pytest.mark.parametrize("as_cron", [False, True], ids=["interval", "cron"])
def test_every_few_seconds_each_occurrence_costs_the_same(seconds: int, *, as_cron: bool, world: World) -> None:
    cron = {"type": "cron", "cron_expression": f"*/{seconds} * * * * *", "precision": "second"}
    world.gateway.background = False
    world.create(cron if as_cron else {"type": "interval", "interval_seconds": seconds})
    world.pass_time(10)
    meter = CostMeter(world)
    world.pass_time(60)
    occurrences, expected = 60 // seconds, EXPECTED["every 5 s"]
    cost = meter.cost
    assert cost.gateway == occurrences
    assert (cost.calls, cost.scheduler, cost.sqs) == (expected.calls * occurrences, 0, occurrences)
    assert cost.write_units == expected.written * occurrences
    assert cost.read_units == expected.read[0] * occurrences
