"""Ids of runs: those of occurrences tell their nominal time, and no other does."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from agent_schedules.ids import new_id, nominal_of, run_id
from agent_schedules.timing.spec import LATEST


@pytest.mark.parametrize("nominal", [0, 1, 1_772_449_200, 1_772_449_201, LATEST])
def test_the_id_of_an_occurrences_run_tells_its_time(nominal: int) -> None:
    made = run_id("sched_1", nominal)
    assert nominal_of("sched_1", made) == nominal
    assert nominal_of("sched_2", made) is None


def test_the_id_of_another_run_tells_none() -> None:
    made = new_id("run", datetime(2026, 3, 2, 11, tzinfo=UTC), bytes)
    assert nominal_of("sched_1", made) is None
