"""The command line over a world whose events reach webhooks while the command sleeps."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import httpx
from agent_schedules.domain.deliveries import Deliver
from agent_schedules.execution.deliver import Notifier
from agent_schedules.execution.lanes import Lanes
from agent_schedules.execution.publish import Outlets, publish

from tests.support.api import Api
from tests.support.cli import AppTransport, Cli, over
from tests.support.notifier import FakeSender
from tests.support.watched import Watched

MOST_SLEEPS = 100
LOCAL = "http://127.0.0.1:3000/hook"


class Receiving(httpx.BaseTransport):
    """The app, and a receiver for all requests to other hosts."""

    def __init__(self, app: AppTransport) -> None:
        self.app = app
        self.received: list[httpx.Request] = []
        self.answer: Callable[[], httpx.Response] = lambda: httpx.Response(204)
        self.before: Callable[[httpx.Request], None] = lambda _: None

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        if not request.url.path.startswith("/api/"):
            request.read()
            self.received.append(request)
            return self.answer()
        self.before(request)
        return self.app.handle_request(request)


class Listening(Cli):
    """`Cli` with a publisher and a notifier. `slept` has how long the command slept each time."""

    def __init__(self) -> None:
        super().__init__(Api())
        world = self.api.world
        self.watched = Watched(world)
        self.receiving = Receiving(self.transport)
        self.slept: list[float] = []
        self.happens: list[Callable[[], Any]] = []
        """What happens in each of the command's sleeps."""
        self._notifier = Notifier(world.ports, self.webhooks, FakeSender(world.clock), Lanes())
        self._outlets = Outlets(
            world.ports.store,
            None,
            self.webhooks,
            world.clock,
            "https://console.example",
        )
        object.__setattr__(self.environment, "transport", over(self.receiving))

    @property
    def webhooks(self) -> Any:
        """What webhooks need in this world."""
        assert self.api.world.ports.webhooks is not None
        return self.api.world.ports.webhooks

    def publish(self) -> list[Deliver]:
        """Publish what has happened. Returns the deliveries that are due."""
        heard, self.watched.heard = self.watched.heard, []
        publish(self._outlets, heard)
        return self.api.world.deliveries.take_due()

    def deliver(self, messages: Sequence[Deliver]) -> None:
        """Record deliveries."""
        for message in messages:
            assert self._notifier.handle(message, first=True) == "held"

    def left(self) -> list[str]:
        """The webhooks that there are."""
        return [sk for _, sk in self.api.world.table.items if sk.startswith("W#")]

    def _sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        assert len(self.slept) < MOST_SLEEPS, "it never ends"
        if self.happens:
            self.happens.pop(0)()
        super()._sleep(seconds)
        self.deliver(self.publish())
