"""What each operation costs in AWS calls and DynamoDB units, held to the budget of docs/decisions/0001. Counted,
never timed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pytest
from agent_schedules import agent_service, limit_service, run_service, schedule_service
from agent_schedules.bodies import CreateRunBody, UpdateAgentBody, UpdateScheduleBody
from agent_schedules.counters import UNLIMITED
from agent_schedules.paging import Paging

from tests.support.fake_table import Meter
from tests.support.world import World

PROMPTS = {"100 bytes": "x" * 100, "20 KB": "x" * 20_000}
HOURLY = {"type": "interval", "interval_seconds": 3600}
SPECS: dict[str, dict[str, Any]] = {
    "once": {"type": "once", "run_at": "2026-03-02T11:00:00Z"},
    "hourly": HOURLY,
    "every ten minutes": {"type": "interval", "interval_seconds": 600},
    "daily cron": {"type": "cron", "cron_expression": "0 11 * * *", "timezone": "UTC"},
    "every minute": {"type": "cron", "cron_expression": "* * * * *", "timezone": "UTC"},
}


@dataclass
class Cost:
    """What was spent since a mark."""

    table: int
    scheduler: int
    queue: int
    write_units: int

    @property
    def calls(self) -> int:
        """AWS calls in all."""
        return self.table + self.scheduler + self.queue


class Till:
    """Counts what a world spends."""

    def __init__(self, world: World) -> None:
        self._world = world
        self.reset()

    def reset(self) -> None:
        """Begin again from nothing."""
        self._world.table.meter = Meter()
        self._world.scheduler.calls.clear()
        self._world.queue.calls = 0

    @property
    def cost(self) -> Cost:
        """What was spent."""
        meter = self._world.table.meter
        return Cost(len(meter.calls), len(self._world.scheduler.calls), self._world.queue.calls, meter.write_units)


@pytest.fixture
def world() -> World:
    return World()


def test_get_takes_one_call(world: World) -> None:
    schedule = world.create(HOURLY)
    till = Till(world)
    schedule_service.get_schedule(world.ports, world.caller, schedule.key.agent_id, schedule.key.schedule_id)
    assert till.cost.calls == 1


def test_a_page_takes_two_calls_however_many_schedules_there_are(world: World) -> None:
    agent = world.agent()
    for _ in range(150):
        world.create(HOURLY, agent=agent)
    till = Till(world)
    found = schedule_service.list_schedules(world.ports, world.caller, agent.id, Paging(limit=100), deleted=False)
    assert (len(found.items), found.more) == (100, True)
    assert till.cost.calls == 2


@pytest.mark.parametrize("spec", [HOURLY, {"type": "interval", "interval_seconds": 581_769}, SPECS["daily cron"]])
def test_create_takes_two_calls(world: World, spec: dict[str, Any]) -> None:
    agent = world.agent()
    till = Till(world)
    world.create(spec, agent=agent)
    assert till.cost.calls == 2


def test_counting_costs_write_units_and_no_call(world: World) -> None:
    schedule = world.create(HOURLY)
    at = (world.ports, world.call, schedule.key.agent_id, schedule.key.schedule_id)
    till = Till(world)
    world.create(HOURLY, agent=agent_service.get_agent(world.ports, world.caller, schedule.key.agent_id))
    assert till.cost.write_units == 2 + 2 + 3 + 4  # the agent is checked, definition, state with its index, counters
    till.reset()
    schedule_service.pause_schedule(*at)
    assert till.cost.write_units == 3 + 2
    till.reset()
    schedule_service.update_schedule(*at, UpdateScheduleBody(name="n"))
    assert till.cost.write_units == 4  # nothing is counted that was not before
    schedule_service.resume_schedule(*at)
    till.reset()
    schedule_service.delete_schedule(*at)
    assert till.cost.write_units == 2 + 3 + 2 + 2 + 4  # definition and state move


def test_limits_take_one_call(world: World) -> None:
    schedule = world.create(HOURLY)
    till = Till(world)
    assert limit_service.usage(world.ports, world.caller, schedule.key.agent_id) == limit_service.Usage(1, 1)
    assert till.cost.calls == 1


@pytest.mark.parametrize("spec", SPECS)
def test_update_pause_and_resume_take_three_calls_at_most(world: World, spec: str) -> None:
    schedule = world.create(SPECS[spec] if spec != "every minute" else HOURLY | {"interval_seconds": 1200})
    at = (world.ports, world.call, schedule.key.agent_id, schedule.key.schedule_id)
    till = Till(world)
    for body in ({"name": "n"}, {"schedule": HOURLY | {"interval_seconds": 7200}}):
        schedule_service.update_schedule(*at, UpdateScheduleBody.model_validate(body))
        assert till.cost.calls <= 3
        till.reset()
    schedule_service.pause_schedule(*at)
    assert till.cost.calls == 3
    till.reset()
    schedule_service.resume_schedule(*at)
    assert till.cost.calls == 3


def test_agents_and_runs_take_few_calls(world: World) -> None:
    agent = world.agent()
    till = Till(world)
    run = run_service.create_run(world.ports, world.call, agent.id, CreateRunBody(input="x")).run
    assert till.cost.calls == 3  # the agent's version, the commit, the message
    till.reset()
    run_service.cancel_run(world.ports, world.call, agent.id, run.key.run_id)
    assert till.cost.calls == 3
    till.reset()
    agent_service.update_agent(world.ports, world.call, agent.id, UpdateAgentBody.model_validate({"name": "b"}))
    assert till.cost.calls == 2
    till.reset()
    agent_service.delete_agent(world.ports, world.call, agent.id)
    assert till.cost.calls == 2
    till.reset()
    agent_service.restore_agent(world.ports, world.call, agent.id)
    assert till.cost.calls == 2


def test_delete_takes_three_calls(world: World) -> None:
    schedule = world.create(HOURLY)
    till = Till(world)
    schedule_service.delete_schedule(world.ports, world.call, schedule.key.agent_id, schedule.key.schedule_id)
    assert till.cost.calls == 3


def test_a_page_of_runs_takes_three_calls_however_many_there_are(world: World) -> None:
    schedule = world.create({"type": "interval", "interval_seconds": 5})
    world.pass_time(600)
    till = Till(world)
    found = run_service.list_runs(world.ports, world.caller, schedule.key.agent_id, Paging(limit=100))
    assert (len(found.items), found.more) == (100, True)
    assert till.cost.calls == 3  # runs and agent at once, then the definitions


def occurrence(world: World, spec: dict[str, Any], prompt: str) -> Cost:
    """From EventBridge's fire to the end of the run, with a response that is ready at the first look."""
    schedule = world.create(spec, input=prompt)
    due = schedule.state.next_run_at
    assert due is not None
    world.queue.messages.clear()  # a near first occurrence has a delayed hint too; the ones after it have not
    world.clock.advance(due - world.now)
    till = Till(world)
    assert world.hint(schedule, due) == "settled"
    world.clock.advance(2)
    world.work()
    (run,) = world.runs(schedule)
    assert run.status == "completed"
    return till.cost


@pytest.mark.parametrize("prompt", PROMPTS.values(), ids=PROMPTS)
@pytest.mark.parametrize("name", SPECS)
@pytest.mark.parametrize(("background", "calls"), [(False, 3), (True, 5)], ids=["synchronous", "background"])
def test_an_occurrence_stays_within_its_calls_and_write_units(
    world: World, *, background: bool, calls: int, name: str, prompt: str
) -> None:
    world.gateway.background = background
    cost = occurrence(world, SPECS[name], prompt)
    assert cost.calls <= calls
    assert cost.write_units <= 8


@pytest.mark.parametrize(
    ("name", "occurrences", "most"),
    [("every ten minutes", 36, 6.4), ("hourly", 24, 8), ("daily cron", 3, 8), ("every minute", 60, 6.2)],
)
def test_occurrences_that_follow_each_other_share_their_place_in_the_attention_index(
    world: World, name: str, occurrences: int, most: float
) -> None:
    schedule = world.create(SPECS[name])
    world.queue.messages.clear()
    till = Till(world)
    for _ in range(occurrences):
        due = world.state(schedule).next_run_at
        assert due is not None
        world.clock.advance(due - world.now)
        assert world.hint(schedule, due) == "settled"
        world.clock.advance(2)
        world.work()
    assert len(world.runs(schedule)) == occurrences
    assert till.cost.write_units <= most * occurrences


def test_the_length_of_the_prompt_changes_nothing_but_what_is_read(world: World) -> None:
    short = occurrence(World(), HOURLY, PROMPTS["100 bytes"])
    assert short == occurrence(world, HOURLY, PROMPTS["20 KB"])


def test_a_second_look_costs_three_calls_and_a_link(world: World) -> None:
    world.gateway.polls = 1
    world.create(HOURLY)
    schedule = world.create(HOURLY)
    world.clock.advance(3600)
    till = Till(world)
    world.hint(schedule, world.now)
    world.pass_time(10)
    assert till.cost.calls <= 5 + 3
    assert till.cost.write_units <= 8 + 3


@pytest.mark.parametrize("seconds", [90, 5])
def test_a_second_exact_occurrence_costs_one_message_more(world: World, seconds: int) -> None:
    schedule = world.create({"type": "interval", "interval_seconds": seconds})
    world.clock.advance(seconds)
    (hint,) = world.queue.take_due()
    till = Till(world)
    world.deliver(hint)
    world.clock.advance(2)
    world.work()
    assert [run.status for run in world.runs(schedule)] == ["completed"]
    assert till.cost.calls == 6
    assert till.cost.write_units <= 8


def test_an_occurrence_armed_far_ahead_costs_a_look_and_an_entry_more(world: World) -> None:
    schedule = world.create({"type": "interval", "interval_seconds": 581_769})
    due = schedule.state.next_run_at
    assert due is not None
    world.clock.advance(due - 90 - world.now)
    till = Till(world)
    assert world.hint(schedule, world.now) == "early"  # the entry comes ahead, and waits as a message
    world.clock.advance(90)
    world.work()
    world.clock.advance(2)
    world.work()
    assert [run.status for run in world.runs(schedule)] == ["completed"]
    assert till.cost.calls == 8
    assert till.cost.write_units <= 8


def test_a_hint_that_finds_nothing_due_costs_one_read(world: World) -> None:
    schedule = world.create(HOURLY)
    till = Till(world)
    assert world.hint(schedule, world.now - 60) == "nothing_due"
    assert (till.cost.calls, till.cost.write_units) == (1, 0)


@pytest.mark.parametrize("overdue", [0, 40])
@pytest.mark.parametrize("idle", [10, 10_000])
def test_a_sweep_costs_what_is_overdue_whatever_is_idle(world: World, *, idle: int, overdue: int) -> None:
    world.with_limits(most=UNLIMITED)
    agent = world.agent()
    late = [world.create({"type": "interval", "interval_seconds": 600}, agent=agent) for _ in range(overdue)]
    world.queue.messages.clear()
    world.table.metered = False
    for _ in range(idle):
        world.create({"type": "interval", "interval_seconds": 86_400}, agent=agent)
    world.table.metered = True
    world.clock.advance(2400)
    till = Till(world)
    assert world.sweep() == overdue
    assert (till.cost.table, till.cost.queue, till.cost.scheduler) == (8, overdue, 0)  # one query a shard
    assert world.table.meter.read_units == 4
    till.reset()
    assert world.work() == 3 * overdue  # each is settled and rendered anew, and its two newest runs are started
    assert till.cost.calls <= 12 * overdue
    assert all(world.state(schedule).next_run_at == world.now + 600 for schedule in late)
    till.reset()
    assert world.sweep() == 0
    assert till.cost.calls == 8
