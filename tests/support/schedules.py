"""Schedules as they are stored, for tests of what the domain decides about them."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from agent_schedules.domain.policies import NO_POLICIES, Policies
from agent_schedules.domain.preview import Occurrence, Preview, upcoming
from agent_schedules.domain.runs import Work
from agent_schedules.domain.schedules import Definition, Key, Options, Schedule, State
from agent_schedules.timing.spec import Spec
from agent_schedules.timing.zones import TZDATA_VERSION

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
KEY = Key("tenant", "agt_1", "sched_1")


def schedule_of(spec: Spec, settled_until: int, policies: Policies = NO_POLICIES, **state: Any) -> Schedule:
    """An active schedule whose clock stands at `settled_until`. `state` sets fields of its state."""
    definition = Definition(1, Options(), spec, Work(input="x"), None, policies)
    bare = State(
        status="active",
        generation=1,
        revision=1,
        settled_until=settled_until,
        created_at=EPOCH,
        updated_at=EPOCH,
        tzdata=TZDATA_VERSION,
        agent_deletions=0,
        counted=True,
        hourly=1,
        rev=1,
    )
    schedule = Schedule(KEY, definition, replace(bare, **state))
    following = schedule.timetable.next_run(settled_until) if schedule.state.status == "active" else None
    return replace(schedule, state=schedule.clocked(schedule.state, settled_until, following))


def preview_of(spec: Spec, after: int, count: int) -> Preview:
    """The preview of a schedule without policies."""
    return Preview(schedule_of(spec, after), after, count, stored=True)


def upcoming_of(spec: Spec, after: int, count: int) -> list[Occurrence]:
    """Its occurrences."""
    return upcoming(preview_of(spec, after, count))
