"""A world whose queue redelivers, gives up and keeps dead letters as SQS does, and a reconciler that sweeps: for
outages.

It jumps from one event to the next, so that a day takes a moment.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial

from agent_schedules.domain.messages import Message, message_of
from agent_schedules.errors import Unavailable
from agent_schedules.execution import reconcile

from tests.support.world import World

VISIBILITY = 360  # seconds, as in template.yaml
MOST_RECEIVES = 5
SWEEP = 300


@dataclass
class Letter:
    """A message on its way, or a dead one on its way to the reconciler."""

    due: datetime
    body: str
    receives: int = 0
    dead: bool = False


class Outage:
    """Lets time pass over a world with deliveries, redeliveries, dead letters and sweeps, and counts messages."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.letters: list[Letter] = []
        self.most = 0
        """Messages and dead letters in flight, at most."""
        self.dead = 0
        """Dead letters there were."""
        self._swept = world.clock.moment

    def down(self, *names: str) -> None:
        """Let these services refuse everything: `scheduler`, `queue`, `table`."""

        def refuse(*_: object) -> None:
            raise Unavailable("It refuses")

        nothing: Callable[..., None] = lambda *_: None  # noqa: E731
        self.world.scheduler.before = refuse if "scheduler" in names else nothing
        self.world.queue.before = refuse if "queue" in names else nothing
        self.world.table.before_write = refuse if "table" in names else nothing

    def run(self, seconds: int) -> None:
        """Let so much time pass."""
        end = self.world.clock.moment + timedelta(seconds=seconds)
        while True:
            self._collect()
            moments = [letter.due for letter in self.letters] + [self._swept + timedelta(seconds=SWEEP)]
            following = min(moments)
            if following > end:
                break
            self.world.clock.moment = max(self.world.clock.moment, following)
            self._deliver()
            if self.world.clock.moment - self._swept >= timedelta(seconds=SWEEP):
                self._swept = self.world.clock.moment
                self._attempted(self.world.sweep)
        self.world.clock.moment = end

    def _collect(self) -> None:
        for delayed in self.world.queue.messages:
            self.letters.append(Letter(delayed.due, json.dumps(delayed.message.body())))
        self.world.queue.messages.clear()
        self.most = max(self.most, len(self.letters))

    def _deliver(self) -> None:
        now = self.world.clock.moment
        for letter in [letter for letter in self.letters if letter.due <= now]:
            message: Message = message_of(json.loads(letter.body))
            if letter.dead:
                done = self._attempted(partial(reconcile.on_dead_letter, self.world.ports, letter.body))
            else:
                done = self._attempted(partial(self.world.deliver, message))
            letter.receives += 1
            if done:
                self.letters.remove(letter)
            elif letter.receives < MOST_RECEIVES or letter.dead:
                letter.due = now + timedelta(seconds=VISIBILITY)
            else:
                self.dead += 1
                letter.dead, letter.receives, letter.due = True, 0, now

    @staticmethod
    def _attempted(work: Callable[[], object]) -> bool:
        try:
            work()
        except Unavailable:
            return False
        return True
