"""Worlds with any number of rows, and the costs of one operation among them.

The rows are written without the use cases, because a million of those would take an hour. Each row is a copy of one
that a use case made.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from agent_schedules import ids
from agent_schedules.domain.agents import Agent
from agent_schedules.domain.paging import Paging
from agent_schedules.domain.quotas import UNLIMITED
from agent_schedules.domain.runs import RunKey
from agent_schedules.domain.schedules import Key, Schedule
from agent_schedules.schemas.requests import UpdateScheduleBody
from agent_schedules.services import occurrences
from agent_schedules.services import runs as run_service
from agent_schedules.services import schedules as schedule_service
from agent_schedules.storage import keys
from agent_schedules.storage.attributes import item_at

from tests.support.cost_meter import Cost, CostMeter
from tests.support.world import World

DAILY = {"type": "interval", "interval_seconds": 86_400}
HOURLY = {"type": "interval", "interval_seconds": 3600}
OVERDUE = 40  # schedules that the reconciler is to find
PAGE = 20
STEP = 60  # seconds between what has happened: a million of them stay this side of 1970
PROMPT = "x" * 100


@dataclass(frozen=True)
class LargeTable:
    """An agent with many schedules, or a schedule with many runs or records."""

    world: World
    agent: Agent
    schedule: Schedule
    """One that is due in an hour; among many schedules, the newest."""
    middle: str
    """The id of the middle one of the many."""
    nominal: int = 0
    """The nominal time of the middle run or record."""


def of_schedules(count: int, prompt: str = PROMPT) -> LargeTable:
    """That many schedules of one agent that are due in a day, and one that is due in an hour."""
    world = World()
    world.with_limits(quotas=UNLIMITED)
    agent = world.agent()
    pattern = world.create(DAILY, agent=agent, input=prompt)
    due = pattern.state.next_run_at
    rows = world.table.items
    definition, state = (rows[at.pk, at.sk] for at in (keys.definition_key(pattern.key), keys.state_key(pattern.key)))
    names = [pattern.key.schedule_id]
    for _ in range(count - 1):
        names.append(ids.new_id("sched", world.clock.moment, world.ports.entropy))
        key = Key(pattern.key.owner, agent.id, names[-1])
        at = keys.definition_key(key)
        rows[at.pk, at.sk] = {**definition, "sk": at.sk, **keys.listed_schedule(key)}
        at = keys.state_key(key)
        rows[at.pk, at.sk] = {**state, "sk": at.sk, **keys.attention(names[-1], due)}
    for at in keys.tenant_counter_key(pattern.key.owner), keys.agent_counter_key(pattern.key.owner, agent.id):
        rows[at.pk, at.sk] |= {name: count for name in ("schedules", "hourly") if name in rows[at.pk, at.sk]}
    world.clock.advance(0.001)
    return LargeTable(world, agent, world.create(HOURLY, agent=agent), names[count // 2])


def of_runs(count: int) -> LargeTable:
    """One schedule that has run that often, and is due in an hour."""
    world = World()
    agent = world.agent()
    schedule = world.create(HOURLY, agent=agent)
    key = schedule.key
    world.clock.advance(3600)
    world.hint(schedule, world.now)
    world.clock.advance(2)
    world.work()
    (run,) = world.runs(schedule)
    at = keys.run_key(run.key)
    rows = world.table.items
    pattern = rows[at.pk, at.sk]
    latest, middle = world.now - 2, run.key.run_id
    for back in range(count - 1, 0, -1):  # the oldest first: so they are put where the sorted keys end
        nominal = latest - STEP * back
        name = ids.run_id(key.schedule_id, nominal)
        middle = name if back == count // 2 else middle
        at = keys.run_key(RunKey(key.owner, agent.id, name))
        rows[at.pk, at.sk] = {**pattern, "sk": at.sk, "run_id": name, "scheduled_for": nominal}
    return LargeTable(world, agent, schedule, middle, latest - STEP * (count // 2))


def of_records(count: int) -> LargeTable:
    """One schedule with that many records of what made no run, and one run; it is due in an hour."""
    large = of_runs(1)
    rows, key, latest = large.world.table.items, large.schedule.key, large.nominal
    for back in range(count, 0, -1):
        nominal = latest - STEP * back
        at = keys.record_key(key, nominal)
        listed = keys.listed_record(key, "missed", nominal)
        rows[at.pk, at.sk] = item_at(
            at, outcome="missed", reason="older", count=1, first=nominal, last=nominal, **listed
        )
    return replace(large, nominal=latest - STEP * (count // 2))


Step = Callable[[LargeTable], object]


def _schedules(paging: Paging) -> Step:
    return lambda large: schedule_service.list_schedules(
        large.world.ports, large.world.caller, large.agent.id, _placed(paging, large), deleted=False
    )


def _runs(paging: Paging) -> Step:
    return lambda large: run_service.list_runs(
        large.world.ports, large.world.caller, large.agent.id, _placed(paging, large)
    )


def _runs_of_schedule(paging: Paging) -> Step:
    return lambda large: schedule_service.list_schedule_runs(
        large.world.ports, large.world.caller, large.agent.id, large.schedule.key.schedule_id, _placed(paging, large)
    )


def _occurrences(paging: Paging) -> Step:
    return lambda large: occurrences.list_occurrences(
        large.world.ports,
        large.world.caller,
        large.agent.id,
        large.schedule.key.schedule_id,
        replace(paging, after=f"{large.schedule.key.schedule_id}_{large.nominal}" if paging.after else None),
    )


def _placed(paging: Paging, large: LargeTable) -> Paging:
    """The paging, from the middle one of the many if it has a cursor."""
    return replace(paging, after=large.middle if paging.after else None)


FIRST, DEEP, SKIPPING = Paging(PAGE), Paging(PAGE, after="middle"), Paging(PAGE, offset=50)


def _get(large: LargeTable) -> None:
    schedule_service.get_schedule(large.world.ports, large.world.caller, large.agent.id, large.schedule.key.schedule_id)


def _update(large: LargeTable) -> None:
    schedule_service.update_schedule(
        large.world.ports,
        large.world.call,
        large.agent.id,
        large.schedule.key.schedule_id,
        UpdateScheduleBody(name="n"),
    )


def _fire(large: LargeTable) -> None:
    """An occurrence from EventBridge's hint to the end of its run."""
    world = large.world
    due = world.state(large.schedule).next_run_at
    assert due is not None
    world.clock.advance(due - world.now)
    assert world.hint(large.schedule, due) == "settled"
    world.clock.advance(2)
    world.work()


def _sweep(large: LargeTable) -> None:
    assert large.world.sweep() == 0


def _sweep_of_overdue(large: LargeTable) -> None:
    assert large.world.sweep() == OVERDUE


def with_overdue(large: LargeTable) -> list[Schedule]:
    """Create schedules whose hints are lost."""
    spec = {"type": "interval", "interval_seconds": 600}
    late = [large.world.create(spec, agent=large.agent) for _ in range(OVERDUE)]
    large.world.queue.messages.clear()
    large.world.clock.advance(2400)
    return late


@dataclass(frozen=True)
class Measure:
    """An operation among many rows."""

    of: Callable[[int], LargeTable]
    step: Step
    before: Step = lambda _: None
    """Done first, and not counted."""


MEASURES: dict[str, Measure] = {
    "a page of schedules": Measure(of_schedules, _schedules(FIRST)),
    "a page of schedules, by cursor from the middle": Measure(of_schedules, _schedules(DEEP)),
    "a page of schedules, offset 50": Measure(of_schedules, _schedules(SKIPPING)),
    "get a schedule": Measure(of_schedules, _get),
    "create a schedule": Measure(of_schedules, lambda large: large.world.create(DAILY, agent=large.agent)),
    "update a schedule": Measure(of_schedules, _update),
    "an occurrence, from fire to the end of its run": Measure(of_schedules, _fire),
    "a sweep of the reconciler, nothing overdue": Measure(of_schedules, _sweep),
    "a sweep of the reconciler, 40 overdue": Measure(of_schedules, _sweep_of_overdue, with_overdue),
    "a page of an agent's runs": Measure(of_runs, _runs(FIRST)),
    "a page of an agent's runs, by cursor from the middle": Measure(of_runs, _runs(DEEP)),
    "a page of an agent's runs, offset 50": Measure(of_runs, _runs(SKIPPING)),
    "a page of a schedule's runs": Measure(of_runs, _runs_of_schedule(FIRST)),
    "a page of a schedule's runs, by cursor from the middle": Measure(of_runs, _runs_of_schedule(DEEP)),
    "a page of a schedule's occurrences": Measure(of_runs, _occurrences(FIRST)),
    "a page of a schedule's occurrences, by cursor from the middle": Measure(of_runs, _occurrences(DEEP)),
    "an occurrence after many runs": Measure(of_runs, _fire),
    "a page of occurrences that did not run": Measure(of_records, _occurrences(FIRST)),
    "a page of occurrences that did not run, by cursor from the middle": Measure(of_records, _occurrences(DEEP)),
}


def costs(count: int) -> dict[str, Cost]:
    """The costs of each measure among that many rows."""
    found: dict[str, Cost] = {}
    for made in dict.fromkeys(measure.of for measure in MEASURES.values()):
        found |= _costs_among(made, count)
    return found


def _costs_among(made: Callable[[int], LargeTable], count: int) -> dict[str, Cost]:
    """The costs of the measures over the same rows, one after the other."""
    large = made(count)
    meter = CostMeter(large.world)
    found: dict[str, Cost] = {}
    for name, measure in MEASURES.items():
        if measure.of is made:
            measure.before(large)
            meter.reset()
            measure.step(large)
            found[name] = meter.cost
    return found


def cost_of_offset(offset: int, prompt: str) -> Cost:
    """The costs of a page of schedules at that offset."""
    large = of_schedules(offset + PAGE, prompt)
    meter = CostMeter(large.world)
    _schedules(Paging(PAGE, offset=offset))(large)
    return meter.cost
