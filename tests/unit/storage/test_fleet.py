"""The list over all agents: what it costs, and what it does with rows that change under it."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache

import pytest
from agent_schedules.domain.caller import Caller
from agent_schedules.domain.fleet import ScheduleFilter
from agent_schedules.domain.paging import Paging, Slice
from agent_schedules.domain.upcoming import DAY, Window
from agent_schedules.errors import NotFound, Unavailable
from agent_schedules.schemas.requests import UpdateScheduleBody
from agent_schedules.services import agents as agent_service
from agent_schedules.services import fleet
from agent_schedules.services import schedules as schedule_service
from agent_schedules.services.fleet import UpcomingFrom
from agent_schedules.storage import keys
from agent_schedules.storage.compression import LARGEST_ANSWER
from agent_schedules.storage.fleet import GROUP, MOST_STATES, STATES, STEP, FoundSchedule
from agent_schedules.storage.schedules import READINGS
from agent_schedules.storage.table import Item, ItemKey, Page

from tests.support.cost_meter import Cost, CostMeter
from tests.support.large_tables import LargeTable, of_schedules
from tests.support.world import World

HOURLY = {"type": "interval", "interval_seconds": 3600}
ALL = ScheduleFilter()
NONE = ScheduleFilter(name="none")
FAILED = ScheduleFilter(last_run_status="failed")


def found(world: World, wanted: ScheduleFilter = ALL, paging: Paging | None = None) -> Slice[FoundSchedule]:
    """A page, of 100 if nothing else is said."""
    return fleet.find_schedules(world.ports, world.caller, wanted, paging or Paging(100))


def ids(page: Slice[FoundSchedule]) -> list[str]:
    """The ids of a page."""
    return [one.schedule.key.schedule_id for one in page.items]


@cache
def table_of(schedules: int) -> LargeTable:
    """One table for all pages, which only read it."""
    return of_schedules(schedules)


def cost_of_page(schedules: int, wanted: ScheduleFilter, *, limit: int, of_agent: bool) -> Cost:
    """The costs of the first page among that many schedules."""
    large = table_of(schedules)
    meter = CostMeter(large.world)
    if of_agent:
        wanted = ScheduleFilter(agent_id=large.agent.id, name=wanted.name, last_run_status=wanted.last_run_status)
    found(large.world, wanted, Paging(limit))
    return meter.cost


@pytest.mark.slow
@pytest.mark.parametrize("of_agent", [False, True], ids=["all agents", "one agent"])
@pytest.mark.parametrize("wanted", [ALL, NONE, FAILED], ids=["all", "none", "failed"])
def test_a_page_costs_the_same_among_ten_thousand(wanted: ScheduleFilter, *, of_agent: bool) -> None:
    few = cost_of_page(10, wanted, limit=5, of_agent=of_agent).dynamodb
    hundred = cost_of_page(150, wanted, limit=5, of_agent=of_agent)
    assert cost_of_page(10_000, wanted, limit=5, of_agent=of_agent) == hundred
    assert few <= hundred.dynamodb <= (2 if of_agent else 1 + 100 // STEP)


@pytest.mark.slow
def test_a_group_and_a_summary_cost_the_same_among_ten_thousand() -> None:
    found: dict[int, list[tuple[int, float]]] = {}
    for schedules in (1_100, 10_000):
        large = of_schedules(schedules)
        world, meter = large.world, CostMeter(large.world)
        begin = UpcomingFrom(Window(world.now, world.now + DAY))
        fleet.list_upcoming(world.ports, world.caller, None, begin, 20)
        found[schedules] = [(meter.cost.dynamodb, meter.cost.read_units)]
        meter.reset()
        fleet.summarize(world.ports, world.caller, None)
        found[schedules].append((meter.cost.dynamodb, meter.cost.read_units))
    assert found[1_100] == found[10_000]
    (upcoming, read), (summary, of_states) = found[10_000]
    assert (upcoming, summary) == (1 + GROUP // STEP, 1 + MOST_STATES // STATES + 4)
    assert (read // 100, of_states // 100) == (10, 10)  # a unit for each row, and for 4 KB of the index a half


def test_large_definitions_are_read_in_bounded_steps() -> None:
    world = World()
    agent = world.agent()
    body = [{"type": "message", "role": "user", "content": "x" * 250_000}]
    made = [world.create(HOURLY, agent=agent, input=body).key.schedule_id for _ in range(100)]
    meter = CostMeter(world)
    found(world, NONE)
    assert meter.cost.read_units * 4096 < LARGEST_ANSWER + 2 * STEP * 256_000
    assert meter.cost.dynamodb == 2
    seen: list[str] = []
    more, after = True, None
    while more:
        page = found(world, ALL, Paging(100, newest_first=False, after=after))
        assert len(page.items) == STEP
        seen, more, after = seen + ids(page), page.more, page.last
    assert seen == made


def test_an_agent_that_is_deleted_takes_its_schedules_along(world: World) -> None:
    kept, gone = world.create(HOURLY), world.create(HOURLY)
    agent_service.delete_agent(world.ports, world.call, gone.key.agent_id)
    assert ids(found(world)) == [kept.key.schedule_id]
    with pytest.raises(NotFound):
        found(world, ScheduleFilter(agent_id=gone.key.agent_id))
    agent_service.restore_agent(world.ports, world.call, gone.key.agent_id)
    assert ids(found(world, ScheduleFilter(status="paused"))) == [gone.key.schedule_id]
    assert fleet.find_schedules(world.ports, Caller("local-2"), ALL, Paging(100)) == Slice([], more=False)


def test_what_the_index_still_names_is_left_out(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    kept, gone = world.create(HOURLY), world.create(HOURLY)
    before = world.table.query_index("listed", {"listed_in": "local#schedules"}, bound=None, limit=9, newest_first=True)
    schedule_service.delete_schedule(world.ports, world.call, gone.key.agent_id, gone.key.schedule_id)
    monkeypatch.setattr(world.table, "query_index", lambda *_, **__: Page(before.items, more=False))
    page = found(world)
    assert (ids(page), page.last) == ([kept.key.schedule_id], kept.key.schedule_id)


@pytest.mark.parametrize("times", [1, 2, 9])
def test_rows_of_two_versions_are_read_again(world: World, monkeypatch: pytest.MonkeyPatch, times: int) -> None:
    schedule = world.create(HOURLY)
    at = (world.ports, world.call, schedule.key.agent_id, schedule.key.schedule_id)
    definition, read, torn = keys.definition_key(schedule.key), world.table.get, 0

    def tear(wanted: Sequence[ItemKey]) -> list[Item | None]:
        """A definition of before an update, and a state of after it."""
        nonlocal torn
        if definition not in wanted or torn == times:
            return read(wanted)
        torn += 1
        older = read([definition])
        monkeypatch.setattr(world.table, "get", read)
        schedule_service.update_schedule(*at, UpdateScheduleBody(name=f"n{torn}"))
        monkeypatch.setattr(world.table, "get", tear)
        return [older[0] if key == definition else read([key])[0] for key in wanted]

    monkeypatch.setattr(world.table, "get", tear)
    if times > READINGS:
        with pytest.raises(Unavailable):
            found(world)
        return
    (one,) = found(world).items
    assert one.schedule.definition.options.name == f"n{times}"
