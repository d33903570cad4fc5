"""A process that dies between two effects, before or after one of them took place."""

from __future__ import annotations

from tests.support.world import World


class Died(Exception):
    """The process is gone."""


class Fuse:
    """Counts effects and dies at one of them, before or after it took place."""

    def __init__(self) -> None:
        self.left: float = float("inf")
        self.count = 0
        self.redelivery = 70  # seconds until what was not acknowledged comes again

    def burn(self, *_: object) -> None:
        """One more boundary between two effects."""
        self.count += 1
        self.left -= 1
        if self.left == 0:
            raise Died

    def wire(self, world: World) -> None:
        """Put it before and after every effect of that world."""
        world.table.before_write = self.burn
        world.table.after_write = self.burn
        world.gateway.before = self.burn
        world.gateway.after = self.burn
        world.scheduler.before = self.burn
        world.scheduler.after = self.burn
        for queue in (world.queue, world.deliveries, world.redeliveries):
            queue.before = self.burn
            queue.after = self.burn
