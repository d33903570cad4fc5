"""A service that was down for a month: what it missed is counted, not walked through, and callers go first."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from agent_schedules.schemas.requests import CreateScheduleBody
from agent_schedules.services import schedules

from tests.faults.core import Violation
from tests.faults.stories import Row, Story
from tests.faults.world import LIMITS, SimWorld

MONTH = 31 * 86_400
SPECS: tuple[tuple[int, dict[str, Any]], ...] = (
    (1, {"type": "interval", "interval_seconds": 1}),
    (2, {"type": "interval", "interval_seconds": 2}),
    (2, {"type": "cron", "cron_expression": "*/2 * * * * *", "timezone": "Europe/Berlin", "precision": "second"}),
    (60, {"type": "cron", "cron_expression": "* * * * *", "timezone": "America/New_York"}),
    (60, {"type": "interval", "interval_seconds": 60}),
)
"""Seconds between two occurrences, whatever the clocks do, and the timing."""
ANOTHER = {"type": "interval", "interval_seconds": 86_400}
"""The timing that an update brings. It has no occurrence before the history ends."""
MOST_COMMITS = 3
"""That bring a schedule up to date: what is late, what is in time, and what became due meanwhile."""
CAUGHT_UP = 120  # seconds behind the present


@dataclass
class Watched:
    """A schedule of the month."""

    story: Story
    step: int
    commits: int = 0
    """Until it was up to date."""
    current: bool = False


def simulate(seed: int, trace: Callable[[str], None] | None = None) -> int:
    """One seed of a month; how many occurrences there were. Raises Violation."""
    world = SimWorld(seed, trace)
    sim, users = world.sim, world.users
    sim.rates = replace(
        sim.rates, crash=0, error=0, drop=0, lose=0, short=0, stall=sim.dice.choice((0, 0.1, 0.5)), longest=0.3
    )
    sim.weather = replace(sim.weather, outages=())
    sim.faults = False
    world.ports = users.ports = replace(world.ports, limits=LIMITS)
    users.create_agent()
    watched = [_created(world, *drawn) for drawn in sim.dice.sample(SPECS, 3)]
    sim.run(sim.dice.uniform(1, 10))
    asleep = sim.dice.choice(watched)
    users.pause(asleep.story.key, must=True)
    _down(world)
    _counting(world, watched)
    sim.faults = True
    sim.later(sim.dice.uniform(0, 20), world.sweep)
    for one in watched:
        sim.later(sim.dice.uniform(0, 25), _call(world, one, paused=one is asleep))
    sim.run(40)
    sim.faults = False
    sim.run(2)
    for one in watched:
        if one.story.epochs[-1].status == "active":
            users.pause(one.story.key, must=True)
    sim.run(400)
    for one in watched:
        _covered(world, one)
    return sum(len(one.story.runs) + sum(int(r["count"]) for _, r in one.story.records.values()) for one in watched)


def _created(world: SimWorld, step: int, spec: dict[str, Any]) -> Watched:
    users = world.users
    before = set(world.stories.stories)
    body = CreateScheduleBody.model_validate({"schedule": spec, "input": "x"})
    agent_id = users.agents[0]
    users.call("create", lambda call: schedules.create_schedule(users.ports, call, agent_id, body), must=True)
    (made,) = set(world.stories.stories) - before
    return Watched(world.stories.stories[made], step)


def _down(world: SimWorld) -> None:
    """A month passes. SQS keeps a message for days, and EventBridge's events are over within the hour."""
    world.sim.sleep(MONTH)
    for queue in (world.queue, world.dead):
        queue.messages.clear()
    world.eventbridge.pending.clear()
    for name in [*world.scheduler.entries]:
        world.eventbridge.changed(name)


def _counting(world: SimWorld, watched: list[Watched]) -> None:
    """Count the commits that it takes each schedule to be up to date."""
    of = {one.story.key.schedule_id: one for one in watched}

    def committed(schedule_id: str, row: Row) -> None:
        one = of[schedule_id]
        if one.current or row["status"] != "active":
            one.current = True
            return
        one.commits += 1
        one.current = int(row["next_run_at"]) > world.sim.seconds - CAUGHT_UP
        if one.commits > MOST_COMMITS:
            raise Violation("catch-up", f"{schedule_id} is at {row['next_run_at']} after {one.commits} commits")

    world.stories.listeners.append(committed)


def _call(world: SimWorld, one: Watched, *, paused: bool) -> Callable[[], None]:
    """What its caller does in the middle of it, and must succeed with at once."""
    users, key = world.users, one.story.key
    choices: list[Callable[[], None]] = [
        lambda: users.resume(key, must=True) if paused else users.pause(key, must=True),
        lambda: users.update(key, {"schedule": ANOTHER}, must=True),
        lambda: users.delete(key, must=True),
        lambda: None,
    ]
    return world.sim.dice.choice(choices)


def _covered(world: SimWorld, one: Watched) -> None:
    """Each occurrence has one outcome, by arithmetic: runs and records follow each other without a gap."""
    story, step = one.story, one.step
    pieces = [(nominal, nominal, 1) for nominal in story.runs]
    pieces += [(int(row["first"]), int(row["last"]), int(row["count"])) for _, row in story.records.values()]
    pieces.sort()
    schedule_id = story.key.schedule_id
    if not pieces:
        if int(story.epochs[-2].ends or 0) - story.epochs[0].begins >= step:
            raise Violation("lost", f"{schedule_id} has no outcome at all")
        return
    reached = pieces[0][0] - step
    if reached > story.epochs[0].begins:
        raise Violation("lost", f"{schedule_id} begins at {story.epochs[0].begins}, its first outcome at {pieces[0]}")
    for first, last, count in pieces:
        if first != reached + step or count != (last - first) // step + 1:
            raise Violation("lost", f"{schedule_id}: after {reached} comes {first} to {last}, {count} times")
        reached = last
    own = [epoch for epoch in story.epochs if epoch.spec == story.epochs[0].spec]
    updated = len(own) < len(story.epochs)
    newest = own[-1] if updated else story.epochs[-2]
    ends = newest.ends if updated or story.epochs[-1].status != "active" else None
    if ends is not None and reached + step <= ends:
        raise Violation("lost", f"{schedule_id}: nothing after {reached}, and it ended at {ends}")
    rows: list[Row] = [*world.table.items.values()]
    ended = [row for row in rows if row.get("schedule_id") == schedule_id and str(row["sk"]).startswith("R#")]
    if len(ended) != len(story.runs):
        raise Violation("counters", f"{schedule_id}: {len(ended)} runs of {len(story.runs)}")
