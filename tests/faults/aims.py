"""Scenes that the dice hardly ever bring about: in some seeds users aim at one mechanism, besides their random calls.

Whether a seed has a scene is drawn from dice of its own, so that all other seeds are the histories that they were.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial

from agent_schedules.domain.messages import Message
from agent_schedules.domain.quotas import Quotas
from agent_schedules.ports import Queue

from tests.faults.aws import MOST_RECEIVES
from tests.faults.core import Simulation
from tests.faults.users import Users
from tests.faults.weather import HOUR, Outage

SHARE = 0.06
"""Of the seeds that are no day."""
TIMES = 4
"""How often a scene is played in a seed."""
EVERY_MINUTE = ("* * * * *", "0-58 * * * *", "*/2 * * * *")
"""Timings that have many occurrences in common."""
UPDATES = 7
"""The call on such a schedule that is no update any more: it is deleted."""
LIVES = Quotas(schedules=0, per_agent=4)
"""The limits under which the scene of that name is played."""
FEW = 3
"""Receives after which a message is a dead letter, in the scene of that name."""
UNREAD = 20
"""Seconds in which the table answers no read there: a message is dead after fewer."""


def drawn(seed: int, length: int) -> str | None:
    """The scene of a seed that lasts so long, if it has one."""
    dice = random.Random(f"scene {seed}")
    return dice.choice([*SCENES]) if length <= HOUR and dice.random() < SHARE else None


def most(scene: str | None, otherwise: Quotas) -> Quotas:
    """The limits of a seed with that scene."""
    return LIVES if scene == "lives" else otherwise


def receives(scene: str | None) -> int:
    """How often SQS delivers a message in a seed with that scene, before it is a dead letter."""
    return FEW if scene == "dead letters" else MOST_RECEIVES


def aim(scene: str, users: Users, length: int) -> None:
    """Let users play a scene some times within `length` seconds."""
    for _ in range(TIMES):
        users.sim.later(users.sim.dice.uniform(5, max(length - 300, 60)), lambda: _begin(scene, users))


def _begin(scene: str, users: Users) -> None:
    if users.agents:
        SCENES[scene](users, users.sim.dice.choice(users.agents))


@dataclass(frozen=True)
class SlowQueue:
    """SQS takes a message at once, and its answer comes late."""

    queue: Queue
    sim: Simulation

    def send(self, messages: Sequence[Message], *, delay: int) -> None:
        """See `Queue.send`."""
        self.queue.send(messages, delay=delay)
        self.sim.stall("the answer of SQS", self.sim.dice.choice((5.0, 7.0, 9.0)))


@dataclass(frozen=True)
class TwiceQueue:
    """SQS delivers each message twice."""

    queue: Queue

    def send(self, messages: Sequence[Message], *, delay: int) -> None:
        """See `Queue.send`."""
        self.queue.send([*messages, *messages], delay=delay)


def _slow_creates(users: Users, agent_id: str) -> None:
    """A schedule runs before its create is answered, too late for its caller to hear it."""
    ports = users.ports
    users.ports = replace(ports, queue=SlowQueue(ports.queue, users.sim))
    users.create(agent_id, {"type": "interval", "interval_seconds": 1})
    users.ports = ports
    users.sim.later(5, lambda: _delete_each_second(users))


def _delete_each_second(users: Users) -> None:
    """Schedules of every second would be all that is simulated."""
    for story in [*users.stories.stories.values()]:
        if story.epochs[-1].spec.get("interval_seconds") == 1 and story.epochs[-1].status == "active":
            users.delete(story.key)


def _lives(users: Users, agent_id: str) -> None:
    """An agent is deleted in the same moment as its schedules, and fills up when it is restored."""
    sim = users.sim
    known = {*users.stories.stories}
    for _ in range(3):
        users.create(agent_id, {"type": "interval", "interval_seconds": 600})

    def delete_all() -> None:
        sim.later(sim.dice.choice((0, 0.01, 0.03)), lambda: users.delete_agent(agent_id))
        for schedule_id, story in users.stories.stories.items():
            if schedule_id not in known:
                sim.later(sim.dice.uniform(0, 0.06), partial(users.delete, story.key))

    sim.later(90, delete_all)
    sim.later(100, lambda: users.restore(agent_id))
    for seconds in (120, 125, 130, 135):
        sim.later(seconds, lambda: users.create(agent_id, {"type": "interval", "interval_seconds": 600}))


def _shared_times(users: Users, agent_id: str) -> None:
    """A schedule is updated just when it is due, and due under the new timing too. Every other time EventBridge has
    announced nothing for a while."""
    timings = [{"type": "cron", "cron_expression": text, "timezone": "UTC"} for text in EVERY_MINUTE]
    known, sim = {*users.stories.stories}, users.sim
    users.create(agent_id, timings[0])

    def update(number: int) -> None:
        for story in [*users.stories.stories.values()]:
            if story.key.schedule_id in known or story.epochs[-1].spec["type"] != "cron":
                continue
            if number < UPDATES:
                users.update(story.key, {"schedule": timings[number % len(timings)]})
            else:  # or minutes would be all that is simulated
                users.delete(story.key)
        if number < UPDATES:
            following(number + 1)

    def following(number: int) -> None:
        wait = 180 - sim.now % 60_000 / 1000 + sim.dice.uniform(0, 2)
        if number % 2:
            silent = Outage(("eventbridge",), sim.now, sim.now + int(wait * 1000), 1)
            sim.weather = replace(sim.weather, outages=(*sim.weather.outages, silent))
        sim.later(wait, lambda: update(number))

    following(1)


def _dead_letters(users: Users, agent_id: str) -> None:
    """The table is out just when runs are polled for the first time: only the messages know the responses."""
    sim = users.sim
    for _ in range(3):
        users.create_run(agent_id)

    def unread() -> None:
        outage = Outage(("table reads",), sim.now, sim.now + UNREAD * 1000, 1)
        sim.weather = replace(sim.weather, outages=(*sim.weather.outages, outage))

    sim.later(1.5, unread)


def _twins(users: Users, agent_id: str) -> None:
    """Two workers get one message in the same millisecond, and their clocks agree."""
    ports, sim = users.ports, users.sim
    sim.rates = replace(sim.rates, at_once=True)
    users.ports = replace(ports, queue=TwiceQueue(ports.queue))
    for _ in range(5):
        users.create_run(agent_id)
    users.ports = ports


SCENES: dict[str, Callable[[Users, str], None]] = {
    "slow creates": _slow_creates,
    "lives": _lives,
    "shared times": _shared_times,
    "dead letters": _dead_letters,
    "twins": _twins,
}
