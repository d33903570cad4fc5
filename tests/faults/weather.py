"""What goes wrong in a seed: how likely each fault is, and the stretches in which one service refuses everything."""

from __future__ import annotations

import random
from dataclasses import dataclass

SERVICES = (
    "table reads",
    "table writes",
    "scheduler writes",
    "scheduler deletes",
    "eventbridge",
    "queue",
    "delivery",
    "gateway",
    "secrets",
    "event bus",
    "reconciler",
)
"""What may be out by itself. EventBridge has a control plane in two halves, invocations and a bus; SQS takes and gives.
Without its secret the gateway's key is not known."""
TOGETHER = (("table reads", "table writes"), ("scheduler writes", "scheduler deletes"))
"""What is often out together."""
OFF: set[str] = set()
"""Laws that the service does not keep yet, and faults that it does not survive yet."""
HOUR, DAY = 3600, 86_400


@dataclass(frozen=True)
class Outage:
    """A stretch of time (milliseconds) in which services refuse most of what they are asked, or all of it."""

    services: tuple[str, ...]
    start: int
    end: int
    refused: float
    """The share of calls."""


@dataclass(frozen=True)
class Rates:
    """How likely each fault is at each place where it can happen."""

    crash: float
    stall: float
    error: float
    duplicate: float
    drop: float
    lose: float
    """A message vanishes: it expired, or somebody purged its queue."""
    short: float
    """An invocation has less time left than it needs."""
    longest: float
    """Seconds of a stall, at most."""
    at_once: bool
    """Processes work side by side in the same milliseconds, and their clocks agree."""

    @classmethod
    def drawn(cls, dice: random.Random) -> Rates:
        """Some seeds are mild and let long histories happen, some are wild."""
        return cls(
            crash=dice.choice((0, 0.003, 0.01, 0.04)),
            stall=dice.choice((0, 0.005, 0.02, 0.06)),
            error=dice.choice((0, 0.01, 0.05, 0.15)),
            duplicate=dice.choice((0, 0.05, 0.05, 0.15)),
            drop=dice.choice((0, 0.01, 0.05)),
            lose=dice.choice((0, 0, 0.005, 0.03)) * ("losses" not in OFF),
            short=dice.choice((0, 0, 0.3)),
            longest=70,
            at_once=dice.random() < 0.15,
        )

    @classmethod
    def of_a_day(cls, dice: random.Random) -> Rates:
        """A long outage is the fault; everything else nearly works."""
        return cls(
            crash=dice.choice((0, 0, 0.002)),
            stall=dice.choice((0, 0, 0.005)),
            error=dice.choice((0, 0, 0.01)),
            duplicate=dice.choice((0, 0.05)),
            drop=dice.choice((0, 0, 0.01)),
            lose=dice.choice((0, 0, 0.01)),
            short=0,
            longest=70,
            at_once=False,
        )


@dataclass(frozen=True)
class Weather:
    """The plan of a seed."""

    length: int
    """Seconds in which things go wrong."""
    rates: Rates
    outages: tuple[Outage, ...]
    calls: int
    """Of users, about."""
    fastest: int
    """Seconds of the shortest interval that anybody asks for."""


DAYS = 0.08
"""The share of seeds that are a day on which one service is out for hours."""
FAST = 30  # seconds: shorter intervals end early in the calm, or they would be all that is simulated


def drawn(dice: random.Random, now: int, out: tuple[str, ...] | None = None) -> Weather:
    """The weather from `now` (milliseconds) on. `out`: it is a day, and these are the services that are out."""
    if out is not None or dice.random() < DAYS * ("days" not in OFF):
        return _day(dice, now, out or dice.choice((*((name,) for name in SERVICES), *TOGETHER)))
    length = dice.choice((HOUR // 4, HOUR // 2, HOUR))
    outages = []
    for _ in range(dice.choice((0, 1, 2, 4))):
        start = now + dice.randrange(length * 1000)
        seconds = dice.choice((20, 120, 400, 1500))
        services = dice.choice((*((name,) for name in SERVICES), *TOGETHER, *TOGETHER))
        outages.append(Outage(services, start, min(start + seconds * 1000, now + length * 1000), 0.9))
    fastest = 1 if length < HOUR // 2 else FAST
    return Weather(length, Rates.drawn(dice), tuple(outages), dice.choice((4, 10, 20)), fastest)


def _day(dice: random.Random, now: int, services: tuple[str, ...]) -> Weather:
    """Hours in which one service refuses everything, while the rest works; it ends with the outage."""
    seconds = dice.choice((2 * HOUR, 2 * HOUR, 5 * HOUR, 5 * HOUR, 12 * HOUR, DAY))
    before = dice.randrange(300, HOUR)
    start = now + before * 1000
    outage = Outage(services, start, start + seconds * 1000, 1)
    return Weather(before + seconds, Rates.of_a_day(dice), (outage,), dice.choice((3, 6)), 300)
