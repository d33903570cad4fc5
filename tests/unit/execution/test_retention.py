"""Deleted agents whose retention is over: everything of theirs goes, in steps, whatever comes in between."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from agent_schedules.domain.agents import Agent
from agent_schedules.domain.caller import Caller
from agent_schedules.domain.paging import Paging
from agent_schedules.domain.recoveries import Trouble
from agent_schedules.domain.request_context import RequestContext
from agent_schedules.errors import NotFound, Unavailable
from agent_schedules.execution.retention import MOST_AGENTS, MOST_ROWS, purge
from agent_schedules.schemas.requests import CreateRunBody, UpdateAgentBody, UpdateScheduleBody
from agent_schedules.services import agents as agent_service
from agent_schedules.services import runs as run_service
from agent_schedules.services import schedules
from agent_schedules.storage.agent_items import PURGE_SLACK
from agent_schedules.storage.keys import BELOW
from agent_schedules.storage.table import Write

from tests.support.world import World

DAY = 86_400
HOURLY = {"type": "interval", "interval_seconds": 3600}
END = 30 * DAY + PURGE_SLACK  # seconds from a deletion until its rows go


def full(world: World) -> Agent:
    """An agent with rows of every kind below it."""
    agent = world.agent()
    schedule = world.create(HOURLY, agent=agent, key="daily")
    at = (world.ports, world.call, agent.id)
    world.clock.advance(3600)
    world.hint(schedule, world.now)
    world.pass_time(3)
    schedules.update_schedule(*at, schedule.key.schedule_id, UpdateScheduleBody(name="n", input="again"))
    schedules.pause_schedule(*at, schedule.key.schedule_id)
    world.clock.advance(7200)
    schedules.resume_schedule(*at, schedule.key.schedule_id)
    gone = world.create(HOURLY, agent=agent)
    schedules.delete_schedule(*at, gone.key.schedule_id)
    run = run_service.create_run(*at, CreateRunBody(input="x")).run
    world.pass_time(3)
    world.ports.store.runs.save_response_parts(run.key, [b"x" * 300_000] * 5, None)
    world.ports.store.publishing.save_trouble(schedule.key, None, Trouble("failures", "evt_1", world.clock.moment))
    agent_service.update_agent(*at, UpdateAgentBody.model_validate({"name": "b"}))
    return agent


def below(world: World, agent: Agent) -> list[str]:
    """The sort keys of the rows below it."""
    return [sk for pk, sk in world.table.items if pk == f"local#{agent.id}"]


def deleted(world: World) -> Agent:
    agent = full(world)
    agent_service.delete_agent(world.ports, world.call, agent.id)
    return agent


def test_every_kind_of_row_goes_and_the_tenant_keeps_the_rest() -> None:
    world = World()
    other, kept = World(), full(world)
    tenant = world.ports.store.counters.read("local", None).tenant
    before = dict(world.table.items)
    agent = deleted(world)
    assert {prefix for prefix in BELOW if any(sk.startswith(prefix) for sk in below(world, agent))} == {*BELOW}
    world.clock.advance(END)
    assert purge(world.ports) > 10
    assert [key for key in world.table.items if agent.id in "".join(key)] == []
    assert world.ports.store.counters.read("local", None).tenant == tenant
    assert {key: row for key, row in world.table.items.items() if key in before and key[1] != "C"} == {
        key: row for key, row in before.items() if key[1] != "C"
    }
    assert below(world, kept)
    assert purge(world.ports) == purge(other.ports) == 0


@pytest.mark.parametrize("early", [END, PURGE_SLACK + 1, 1])
def test_nothing_goes_before_its_time(early: int) -> None:
    world = World()
    agent = deleted(world)
    world.clock.advance(END - early)
    before = len(world.table.items)
    assert (purge(world.ports), len(world.table.items)) == (0, before)
    world.clock.advance(early)
    assert purge(world.ports) > 0
    with pytest.raises(NotFound):
        agent_service.get_agent(world.ports, world.caller, agent.id)


def test_what_was_restored_in_time_stays() -> None:
    world = World()
    agent = deleted(world)
    world.clock.advance(30 * DAY - 1)
    agent_service.restore_agent(world.ports, world.call, agent.id)
    rows = below(world, agent)
    world.clock.advance(END)
    assert (purge(world.ports), below(world, agent)) == (0, rows)
    agent_service.delete_agent(world.ports, world.call, agent.id)
    world.clock.advance(END - 1)
    assert purge(world.ports) == 0
    world.clock.advance(1)
    assert purge(world.ports) > 0


def test_an_index_that_is_behind_removes_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    world = World()
    agent = full(world)
    monkeypatch.setattr(world.ports.store.retention, "due", lambda _now, **_: [("local", agent.id)])
    rows = dict(world.table.items)
    assert purge(world.ports) == 0  # it is live
    agent_service.delete_agent(world.ports, world.call, agent.id)
    assert purge(world.ports) == 0
    agent_service.restore_agent(world.ports, world.call, agent.id)
    assert {*rows} - {*world.table.items} == set()


def test_a_crash_at_any_step_is_gone_on_from() -> None:
    steps = 0
    while True:
        world = World()
        agent = deleted(world)
        kept = full(world)
        rows = below(world, kept)
        world.clock.advance(END)
        left = steps

        def crash(_: Sequence[Write]) -> None:
            nonlocal left
            left -= 1
            if left < 0:
                raise KeyboardInterrupt  # as if the process were killed

        world.table.before_write = crash
        try:
            purge(world.ports)
        except KeyboardInterrupt:
            world.table.before_write = lambda _: None
            assert agent_service.list_agents(world.ports, world.caller, Paging(), deleted=True).items == []
            purge(world.ports)
            steps += 1
        else:
            break
        assert below(world, agent) == []
        assert ("local", f"XA#{agent.id}") not in world.table.items
        assert below(world, kept) == rows
    assert steps >= len(BELOW)


def test_two_passes_at_once_do_what_one_does() -> None:
    world = World()
    agent = deleted(world)
    world.clock.advance(END)
    nested = False

    def another(_: Sequence[Write]) -> None:
        nonlocal nested
        if not nested:
            nested = True
            purge(world.ports)

    world.table.before_write = another
    purge(world.ports)
    assert below(world, agent) == []
    assert purge(world.ports) == 0


def test_ten_thousand_rows_go_in_passes_of_bounded_calls() -> None:
    world = World()
    agent = world.agent()
    for number in range(10_000):
        sk = f"O#sched_0#{number:012d}"
        world.table.items[f"local#{agent.id}", sk] = {"pk": f"local#{agent.id}", "sk": sk, "v": 1}
    agent_service.delete_agent(world.ports, world.call, agent.id)
    world.clock.advance(END)
    removed: list[int] = []
    while not removed or removed[-1]:
        world.table.meter.calls.clear()
        removed.append(purge(world.ports))
        assert len(world.table.meter.calls) <= 2 * MOST_ROWS // 100 + 2 * len(BELOW) + 4
    assert removed == [MOST_ROWS, MOST_ROWS, 3, 0]  # the version, the counter and the agent are the last three


def test_an_agent_that_cannot_be_purged_does_not_hold_up_others() -> None:
    world = World()
    first, second = deleted(world), deleted(world)
    world.clock.advance(END)

    def down(writes: Sequence[Write]) -> None:
        if any(first.id in str(write) for write in writes):
            raise Unavailable("throttled")

    world.table.before_write = down
    purge(world.ports)
    assert (bool(below(world, first)), below(world, second)) == (True, [])


def test_another_user_and_tenant_with_the_same_time_keep_theirs() -> None:
    world = World()
    agent = deleted(world)
    world.clock.advance(DAY)
    callers = [Caller("local", "somebody"), Caller("other")]
    others = []
    for caller in callers:
        world.caller = caller
        others.append((caller, full(world)))
    world.clock.advance(END - DAY)
    purge(world.ports)
    assert below(world, agent) == []
    for caller, other in others:
        assert agent_service.get_agent(world.ports, caller, other.id).id == other.id
        assert agent_service.list_versions(world.ports, caller, other.id, Paging())[1].items


def test_a_pass_looks_at_so_many_agents_only() -> None:
    world = World()
    for _ in range(MOST_AGENTS + 3):
        agent_service.delete_agent(world.ports, RequestContext(world.caller), world.agent().id)
    world.clock.advance(END)
    purge(world.ports)
    left = [sk for _, sk in world.table.items if sk.startswith("XA#")]
    assert len(left) == 3


@pytest.mark.parametrize(("days", "kept"), [(0, ["D", "D", "D", "O", "R", "R"]), (30, [])])
def test_a_deleted_schedules_outcomes_end_by_its_policy(days: int, kept: list[str]) -> None:
    world = World()
    schedule = world.create({"type": "interval", "interval_seconds": 60}, policies={"run_retention_days": days})
    agent_id, schedule_id = schedule.key.agent_id, schedule.key.schedule_id
    for change in ("new", "newer"):
        world.clock.advance(60)
        world.hint(schedule, world.now)
        world.pass_time(10)
        schedules.update_schedule(world.ports, world.call, agent_id, schedule_id, UpdateScheduleBody(input=change))
    world.clock.advance(600)  # what is overdue becomes a record
    schedules.delete_schedule(world.ports, world.call, agent_id, schedule_id)
    found = world.table.items.items()
    rows = {sk: row for (_, sk), row in found if schedule_id in sk or row.get("schedule_id") == schedule_id}
    assert sorted(sk[0] for sk in rows) == ["D", "D", "D", "O", "R", "R", "X", "X"]
    assert sorted(sk[0] for sk, row in rows.items() if "ttl" not in row) == kept


def test_a_deleted_schedule_leaves_only_rows_with_an_end() -> None:
    world = World()
    schedule = world.create(HOURLY)
    schedules.delete_schedule(world.ports, world.call, schedule.key.agent_id, schedule.key.schedule_id)
    rows = [row for (_, sk), row in world.table.items.items() if schedule.key.schedule_id in sk]
    assert [row["ttl"] for row in rows] == [world.now + 30 * DAY] * 2
