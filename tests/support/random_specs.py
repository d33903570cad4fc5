"""Schedules and instants by the thousand, the same for each seed. Hypothesis finds the odd ones; these are for counting
and timing."""

from __future__ import annotations

from collections.abc import Iterator
from random import Random

from agent_schedules.errors import InvalidRequest
from agent_schedules.timing.spec import Cron, Interval, Spec
from agent_schedules.timing.zones import zone_names

from tests.support.times import once_at, parsed, seconds_of

FIRST, LAST = seconds_of("2024-01-01T00:00:00Z"), seconds_of("2100-01-01T00:00:00Z")


def _field(dice: Random, low: int, high: int) -> str:
    """A star, a step, a value, a range, or a list of values."""
    number = dice.randint(low, high)
    other = dice.randint(low, high)
    match dice.randrange(6):
        case 0 | 1:
            return "*"
        case 2:
            return f"*/{dice.randint(1, high - low + 1)}"
        case 3:
            return f"{min(number, other)}-{max(number, other)}"
        case 4:
            return f"{number},{other}"
        case _:
            return str(number)


def _cron(dice: Random, zones: list[str]) -> Cron:
    while True:
        parts = [_field(dice, low, high) for low, high in ((0, 59), (0, 23), (1, 31), (1, 12), (0, 6))]
        exact = dice.random() < 0.2
        text = " ".join([_field(dice, 0, 59), *parts] if exact else parts)
        try:
            return parsed(text, dice.choice(zones), second_exact=exact)
        except InvalidRequest:
            continue  # the 30th of February


def cases(count: int, *, seed: int = 0) -> Iterator[tuple[Spec, int]]:
    """That many specs, most of them cron expressions in any zone, each with an instant of this century."""
    dice, zones = Random(seed), sorted(zone_names())
    for _ in range(count):
        instant = dice.randint(FIRST, LAST)
        match dice.randrange(10):
            case 0:
                yield once_at(dice.randint(FIRST, LAST)), instant
            case 1 | 2:
                yield Interval(dice.randint(1, 10**6), dice.randint(FIRST, LAST)), instant
            case _:
                yield _cron(dice, zones), instant
