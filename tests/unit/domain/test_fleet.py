"""The filter of schedules: each condition alone, all together, and as JSON."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest
from agent_schedules.domain.fleet import ScheduleFilter
from agent_schedules.domain.schedules import Schedule
from agent_schedules.schemas.fleet import ScheduleFilterBody, filter_of
from hypothesis import given
from hypothesis import strategies as st

from tests.support.world import World

FILTERS = st.builds(
    ScheduleFilter,
    agent_id=st.none() | st.just("agt_1"),
    status=st.sampled_from([None, "active", "paused", "completed"]),
    name=st.none() | st.text(min_size=1, max_size=3),
    metadata=st.dictionaries(st.text(max_size=3), st.text(max_size=3), max_size=3).map(
        lambda d: tuple(sorted(d.items()))
    ),
    next_run_before=st.none() | st.integers(0, 10**10),
    last_run_status=st.sampled_from([None, "failed", "completed"]),
)


@pytest.fixture(scope="module")
def schedule() -> Schedule:
    spec = {"type": "interval", "interval_seconds": 3600}
    return World().create(spec, name="daily report", metadata={"team": "a", "": "b"})


@pytest.mark.parametrize(
    ("conditions", "met"),
    [
        ({"status": "active"}, True),
        ({"status": "paused"}, False),
        ({"name": "daily"}, True),
        ({"name": "daily report"}, True),
        ({"name": "Daily"}, False),
        ({"name": "report"}, False),
        ({"metadata": (("team", "a"),)}, True),
        ({"metadata": (("", "b"), ("team", "a"))}, True),
        ({"metadata": (("team", "b"),)}, False),
        ({"metadata": (("team", "a"), ("x", ""))}, False),
        ({"agent_id": "agt_other"}, False),
    ],
)
def test_a_condition_is_met_or_not(schedule: Schedule, conditions: dict[str, Any], *, met: bool) -> None:
    wanted = ScheduleFilter(**conditions)
    assert wanted.matches(schedule, None) == met
    unmet = replace(wanted, last_run_status="failed")
    assert (unmet.matches(schedule, "completed"), unmet.matches(schedule, "failed")) == (False, met)
    assert not wanted.everything or "agent_id" in conditions


def test_a_time_is_before_or_not(schedule: Schedule) -> None:
    following = schedule.state.next_run_at
    assert following is not None
    assert not ScheduleFilter(next_run_before=following).may_match(schedule)
    assert ScheduleFilter(next_run_before=following + 1).may_match(schedule)
    never = replace(schedule, state=replace(schedule.state, next_run_at=None))
    assert not ScheduleFilter(next_run_before=10**10).may_match(never)


def test_a_fraction_of_a_second_counts(schedule: Schedule) -> None:
    body = ScheduleFilterBody.model_validate({"next_run_before": "2026-03-02T11:00:00.5Z"})
    assert filter_of(body) == ScheduleFilter(
        next_run_before=schedule.state.next_run_at and schedule.state.next_run_at + 1
    )


@given(FILTERS)
def test_a_filter_survives_as_json(wanted: ScheduleFilter) -> None:
    text = json.dumps(wanted.as_json(), sort_keys=True)
    assert ScheduleFilter.of_json(json.loads(text)) == wanted
    assert None not in wanted.as_json().values()
