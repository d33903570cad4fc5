"""A process that dies between any two effects of a call by stable key: its repeat ends as if nothing had happened."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from typing import Any

import pytest
from agent_schedules.domain.agents import Agent
from agent_schedules.domain.schedules import Schedule
from agent_schedules.errors import DefinitionRefused, NotFound
from agent_schedules.schemas.requests import AgentFields, ScheduleFields
from agent_schedules.services import agents, by_key

from tests.support.fuse import Died, Fuse
from tests.support.world import World

HOURLY = {"type": "interval", "interval_seconds": 3600}
MINUTELY = {"type": "interval", "interval_seconds": 60}


def fields(**more: Any) -> ScheduleFields:
    return ScheduleFields.model_validate({"schedule": HOURLY, "input": "x", **more})


def put(world: World, agent: Agent, **more: Any) -> Schedule:
    return by_key.put_schedule(world.ports, world.call, agent.id, "daily", fields(**more))[0]


def put_agent(world: World, name: str = "a") -> Agent:
    return by_key.put_agent(world.ports, world.call, "reporter", AgentFields(name=name, model="m"))[0]


def create(world: World, agent: Agent) -> None:
    put(world, agent)


def update(world: World, agent: Agent) -> None:
    put(world, agent, schedule=MINUTELY)


def pause(world: World, agent: Agent) -> None:
    put(world, agent, name="n", paused=True)


def delete(world: World, agent: Agent) -> None:
    with suppress(NotFound):  # its repeat
        by_key.delete_schedule(world.ports, world.call, agent.id, "daily")


def create_agent(world: World, _: Agent) -> None:
    put_agent(world)


def update_agent(world: World, _: Agent) -> None:
    put_agent(world, "b")


def delete_agent(world: World, _: Agent) -> None:
    with suppress(NotFound):
        by_key.delete_agent(world.ports, world.call, "reporter")


def restore_agent(world: World, _: Agent) -> None:
    for row in [row for (_, sk), row in world.table.items.items() if sk.startswith("XA#")]:
        agents.restore_agent(world.ports, world.call, str(row["id"]))


Step = Callable[[World, Agent], None]
CALLS: dict[str, tuple[list[Step], Step]] = {
    "create": ([], create),
    "update": ([create], update),
    "pause": ([create], pause),
    "delete": ([create], delete),
    "create agent": ([], create_agent),
    "update agent": ([create_agent], update_agent),
    "delete agent": ([create_agent], delete_agent),
    "restore agent": ([create_agent, delete_agent], restore_agent),
}
"""What is done before, and the call that dies."""


def story(name: str, die_at: float) -> tuple[World, Fuse]:
    """A call that dies at one of its effects and is sent again until it is over."""
    world, fuse = World(), Fuse()
    agent = world.agent()
    before, call = CALLS[name]
    for step in before:
        step(world, agent)
        world.clock.advance(60)  # no message is to see to the entry of before
    world.queue.messages.clear()
    fuse.wire(world)
    fuse.left = die_at
    for _ in range(2):
        with suppress(Died):
            call(world, agent)
            break
        fuse.left = float("inf")
    return world, fuse


def rows(world: World) -> list[Any]:
    """What there is, whatever ids its attempts took."""
    found = [
        (sk.split("#")[0], row.get("status"), row.get("generation"), row.get("version"))
        for (_, sk), row in world.table.items.items()
        if not sk.startswith(("C", "K"))
    ]
    return sorted(found, key=str)


def entries(world: World) -> set[str]:
    """The expressions of the entries."""
    return {entry.expression for entry in world.scheduler.entries.values()}


def keys_are_right(world: World) -> bool:
    """Whether each item of a key names something that exists and has it, and each such thing has its item."""
    named: set[tuple[str, str]] = set()
    having: set[tuple[str, str]] = set()
    for (pk, sk), row in world.table.items.items():
        if sk.startswith("B#"):
            named.add((pk, str(row["id"])))
        if sk.startswith("S#") and '"key":' in str(row.get("body")):
            having.add((pk, sk.removeprefix("S#")))
        if sk.startswith("A#") and "key" in row:
            having.add((pk, str(row["id"])))
    return named == having


@pytest.mark.parametrize("name", CALLS)
def test_a_call_by_key_that_dies_anywhere_is_made_once(name: str) -> None:
    undisturbed, fuse = story(name, float("inf"))
    for die_at in range(1, fuse.count + 1):
        world, _ = story(name, die_at)
        assert rows(world) == rows(undisturbed), die_at
        assert entries(world) >= entries(undisturbed), die_at  # the hint of one too many removes it
        assert keys_are_right(world), die_at


def test_a_create_that_eventbridge_refuses_leaves_no_key() -> None:
    world = World()
    agent = world.agent()

    def refuse(*_: object) -> None:
        raise DefinitionRefused("schedule: refused")

    world.scheduler.before = refuse
    with pytest.raises(DefinitionRefused):
        put(world, agent)
    assert [sk for _, sk in world.table.items if sk.startswith(("B#", "S#"))] == []
