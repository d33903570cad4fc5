"""What callers have stored at its limits, and what comes from the queue, costs no more than it is long."""

from __future__ import annotations

import json
from collections.abc import Callable
from contextlib import suppress
from datetime import date, timedelta

import pytest
from agent_schedules.domain.messages import message_of
from agent_schedules.domain.policies import DateRange, Policies
from agent_schedules.domain.schedules import Schedule
from agent_schedules.domain.settlement import closing_records, decide
from agent_schedules.execution import reconcile
from agent_schedules.timing.spec import Cron

from tests.support.growth import MOST, growth
from tests.support.hostile import ANYWHERE, Make, of
from tests.support.schedules import schedule_of
from tests.support.world import World

pytestmark = pytest.mark.slow

DAY = 86_400
FIRST = 1_772_409_600  # 2026-03-02T00:00:00Z
LARGEST_MESSAGE = 256 * 1024  # bytes; a thousand times what ours have
EXCLUDED, SKIPPED = 96, 48
"""A policy has at most 100 ranges of dates, and a state 50 skips."""


def schedule(excluded: int, skipped: int) -> Schedule:
    """A daily schedule: every other day is excluded, and then every other one is to be skipped."""
    days = [date(2026, 3, 2) + timedelta(2 * number) for number in range(excluded)]
    skips = tuple(FIRST + (2 * excluded + 2 * number) * DAY for number in range(skipped))
    policies = Policies(exclude=tuple(DateRange(day, day) for day in days))
    return schedule_of(Cron("0 0 * * *", "UTC"), FIRST - 1, policies, skips=skips)


DONE: dict[str, Callable[[Schedule], object]] = {
    "a settlement of all of it": lambda found: decide(found, now=FIRST + 400 * DAY, grace=3600),
    "a change that closes all of it": lambda found: closing_records(found, FIRST + 400 * DAY, "schedule_deleted"),
    "the next that runs": lambda found: found.timetable.next_run(FIRST - 1),
    "the last that runs": lambda found: found.timetable.last_run(FIRST - 1, FIRST + 300 * DAY),
    "each time to come": lambda found: [found.timetable.hidden(FIRST + day * DAY) for day in range(300)],
}


@pytest.mark.parametrize("name", DONE)
def test_exclusions_and_skips_cost_what_they_are_many(name: str) -> None:
    def prepared(excluded: int) -> Callable[[], object]:
        def act() -> object:
            return DONE[name](schedule(excluded, excluded * SKIPPED // EXCLUDED))  # what it works out is kept with it

        return act

    assert growth(prepared, EXCLUDED) < MOST


HINT = b'{"v":1,"kind":"hint","owner":"a","agent_id":"agt_1","schedule_id":"sched_1"'
RUN = b'{"v":1,"kind":"run","owner":"a","agent_id":"agt_1","run_id":"run_1"'
MESSAGES: dict[str, Make] = {
    **ANYWHERE,
    "a hint with more members": of(HINT, b',"%d":0', b"}", b""),
    "a hint of a long id": of(HINT + b',"owner":"', b"a", b'"}', b""),
    "a hint of a long time": of(HINT + b',"nominal":', b"9", b"}", b""),
    "a run with a long response": of(RUN + b',"response_id":"', b"r", b'"}', b""),
    "a run of many sends": of(RUN + b',"polls":', b"9", b"}", b""),
    "a kind that is none": of(b'{"kind":"', b"k", b'"}', b""),
    "letters in letters": of(b"", b'{"requestPayload":', b"", b""),
    "a letter with a long answer": of(b'{"requestPayload":%b},"responsePayload":[' % HINT, b"[0]", b"]}"),
}


@pytest.mark.parametrize("name", MESSAGES)
@pytest.mark.parametrize("dead", [False, True], ids=["message", "dead letter"])
def test_a_message_costs_what_it_is_long(name: str, *, dead: bool) -> None:
    def prepared(size: int) -> Callable[[], object]:
        world, body = World(), MESSAGES[name](size).decode("utf-8", "replace")

        def act() -> None:
            with suppress(ValueError, RecursionError):
                if dead:
                    reconcile.on_dead_letter(world.ports, body)
                else:
                    message_of(json.loads(body))

        return act

    assert growth(prepared, LARGEST_MESSAGE) < MOST
