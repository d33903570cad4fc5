"""Occurrences to come of many schedules: what is merged is what each schedule's preview says, in one order."""

from __future__ import annotations

from dataclasses import replace
from itertools import islice
from typing import Any

import pytest
from agent_schedules.domain import preview
from agent_schedules.domain.preview import Occurrence, Preview
from agent_schedules.domain.schedules import Schedule
from agent_schedules.domain.upcoming import DAY, Place, Window, runs_in, upcoming
from agent_schedules.errors import InvalidRequest
from agent_schedules.schemas.occurrences import SkipBody
from agent_schedules.services import schedules as schedule_service
from agent_schedules.services import skips
from agent_schedules.timestamps import stamp

from tests.support.pauses import pause
from tests.support.world import World

SPECS: list[dict[str, Any]] = [
    {"type": "interval", "interval_seconds": 3600},
    {"type": "interval", "interval_seconds": 97},
    {"type": "cron", "cron_expression": "*/20 9-17 * * 1-5", "timezone": "Europe/Lisbon"},
    {"type": "cron", "cron_expression": "30 1 * * *", "timezone": "America/New_York"},
    {"type": "once", "run_at": "2026-03-03T01:00:00Z"},
]
POLICIES: list[dict[str, Any]] = [
    {},
    {"max_runs": 3},
    {"max_runs": 700, "exclude": ["2026-03-03"]},
    {"start_at": "2026-03-02T20:00:00Z", "end_at": "2026-03-05T09:00:00Z"},
    {"spread_seconds": 600, "exclude": ["2026-03-02/2026-03-03"]},
]


@pytest.fixture(scope="module")
def schedules() -> list[Schedule]:
    world = World()
    made = []
    for spec in SPECS:
        for policies in POLICIES:
            if spec["type"] != "once":
                made.append(world.create(spec, policies=policies))
    made.append(world.create(SPECS[-1]))
    skipping = world.create(SPECS[0])
    at = (world.ports, world.call, skipping.key.agent_id, skipping.key.schedule_id)
    following = skipping.state.next_run_at
    assert following is not None
    made.append(skips.skip_occurrence(*at, SkipBody.model_validate({"scheduled_for": stamp(following)})))
    return made


def previewed(schedule: Schedule, window: Window) -> list[tuple[int, str]]:
    """The occurrences in a window by the schedule's preview, which goes through them one by one."""
    shown, count = list[Occurrence](), 0
    while len(shown) == count and not (shown and shown[-1].at >= window.end):
        count = 4 * count or 50
        shown = preview.upcoming(Preview(schedule, schedule.state.settled_until, count, stored=True))
    return [
        (one.at, schedule.key.schedule_id)
        for one in shown
        if one.hidden is None and window.first <= one.at < window.end
    ]


@pytest.mark.parametrize(
    "days", [(0, 1), (2, 3), *(pytest.param(days, marks=pytest.mark.slow) for days in [(0, 3), (1, 2)])]
)
def test_the_merge_is_what_all_previews_say(schedules: list[Schedule], days: tuple[int, int]) -> None:
    since = schedules[0].state.settled_until
    window = Window(since + days[0] * DAY, since + days[1] * DAY)
    expected = sorted(one for schedule in schedules for one in previewed(schedule, window))
    found = [(one.at, one.schedule.key.schedule_id) for one in upcoming(schedules, window, None)]
    assert found == expected
    assert len(found) > 10


def test_pages_join_without_gap_or_repeat(schedules: list[Schedule]) -> None:
    since = schedules[0].state.settled_until
    window = Window(since, since + DAY // 2)
    everything = [one.place for one in upcoming(schedules, window, None)]
    found: list[Place] = []
    while page := list(islice(upcoming(schedules, window, found[-1] if found else None), 97)):
        found += [one.place for one in page]
    assert found == everything


def test_runs_are_counted_without_going_through_them(schedules: list[Schedule]) -> None:
    for schedule in schedules:
        since = schedule.state.settled_until
        expected = len(previewed(replace_limit(schedule), Window(since + 1, since + DAY + 1)))
        assert runs_in(schedule.timetable, since, since + DAY) == expected


def replace_limit(schedule: Schedule) -> Schedule:
    """The schedule without a number of runs."""
    policies = replace(schedule.definition.policies, max_runs=None)
    return replace(schedule, definition=replace(schedule.definition, policies=policies))


def test_a_pause_hides_what_falls_into_it() -> None:
    world = World()
    schedule = world.create(SPECS[0])
    window = Window(world.now, world.now + DAY)
    at = (world.ports, world.call, schedule.key.agent_id, schedule.key.schedule_id)
    paused = schedule_service.pause_schedule(*at)
    assert list(upcoming([paused], window, None)) == []
    until = world.now + 5 * 3600
    timed = pause(world, schedule, until=stamp(until))
    assert [one.at for one in upcoming([timed], window, None)] == list(range(until + 3600, world.now + DAY, 3600))


@pytest.mark.parametrize("window", [(5, 5), (5, 4), (0, 31 * DAY + 1)])
def test_a_window_is_neither_empty_nor_too_long(window: tuple[int, int]) -> None:
    with pytest.raises(InvalidRequest, match=r"^to: "):
        Window(*window)
