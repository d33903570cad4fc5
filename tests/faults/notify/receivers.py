"""Receivers with moods, and what they got."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from agent_schedules.ports import NotDelivered, Reply

from tests.faults.notify.core import Simulation

MOODS = ("ok", "ok", "ok", "slow", "500", "404", "429", "503", "hang", "refuse")
RARE = ("410",)


@dataclass(frozen=True)
class Request:
    """A request that arrived."""

    at: float
    url: str
    headers: Mapping[str, str]
    body: bytes
    answered: int | None


class Receivers:
    """`Sender` to receivers whose moods change."""

    def __init__(self, sim: Simulation) -> None:
        self.sim = sim
        self.moods: dict[str, str] = {}
        self.requests: list[Request] = []
        self.asked_to_wait: dict[str, float] = {}
        """The longest wait that each URL asked for."""

    def post(self, url: str, headers: Mapping[str, str], body: bytes, *, seconds: float) -> Reply:
        """See `Sender.post`."""
        self.sim.boundary(took_effect=False, throttled=False)
        mood = self.moods.get(url, "ok")
        if mood == "refuse":
            raise NotDelivered("refused the connection")
        if mood == "hang":
            self._note(url, headers, body, None)
            self.sim.wait(seconds)
            raise NotDelivered("did not answer within 10 s")
        status = 200 if mood in {"ok", "slow"} else int(mood)
        retry = None
        if mood in {"429", "503"} and self.sim.dice.random() < 0.7:
            retry = self.sim.dice.choice((1.0, 30.0, 1_000.0, 20_000.0, 900_000.0))
            self.asked_to_wait[url] = max(self.asked_to_wait.get(url, 0), min(retry, 86_400))
        self._note(url, headers, body, status)
        self.sim.wait(3 if mood == "slow" else 0.05)
        self.sim.boundary(took_effect=True, throttled=False)
        return Reply(status, b"said", retry)

    def _note(self, url: str, headers: Mapping[str, str], body: bytes, status: int | None) -> None:
        self.requests.append(Request(self.sim.now, url, dict(headers), body, status))
