"""A row that no release wrote is told of nowhere: each member that an event would repeat is checked."""

from __future__ import annotations

from typing import Any

import pytest
from agent_schedules.storage.events import LATEST, LONGEST, events_of

PK = "local#agt_1"
RUN: dict[str, Any] = {
    "pk": PK, "sk": "R#run_1", "run_id": "run_1", "schedule_id": "sched_1", "trigger": "schedule",
    "status": "completed", "agent_version": 1, "scheduled_for": 60, "rev": 1,
    "completed_at": "2026-03-02T10:00:03.000Z",
}  # fmt: skip
SCHEDULE: dict[str, Any] = {
    "pk": PK, "sk": "S#sched_1#s", "status": "active", "generation": 1, "run_count": 0, "next_run_at": 60, "rev": 1,
}  # fmt: skip
RECORD: dict[str, Any] = {
    "pk": PK, "sk": "O#sched_1#000000000060", "outcome": "missed", "reason": "late",
    "first": 60, "last": 120, "count": 2,
}  # fmt: skip
ROWS = {"run": RUN, "schedule": SCHEDULE, "record": RECORD}
TEXTS = [(row, name) for row, members in ROWS.items() for name, value in members.items() if isinstance(value, str)]
NUMBERS = [(row, name) for row, members in ROWS.items() for name, value in members.items() if isinstance(value, int)]


@pytest.mark.parametrize("row", ROWS)
def test_a_row_as_it_is_written_has_an_event(row: str) -> None:
    assert events_of(None, ROWS[row])


@pytest.mark.parametrize(("row", "name"), TEXTS)
@pytest.mark.parametrize("end", ["\ud800", "x" * LONGEST], ids=["half a pair", "long"])
def test_a_string_that_json_cannot_hold_is_no_event(row: str, name: str, end: str) -> None:
    changed = ROWS[row] | {name: ROWS[row][name] + end}
    with pytest.raises(ValueError, match=r"is not a string of ours|surrogates not allowed"):
        events_of(None, changed)


@pytest.mark.parametrize(("row", "name"), NUMBERS)
@pytest.mark.parametrize("value", [-1, LATEST + 1, 1.5, "1", None, float("nan")], ids=str)
def test_a_number_out_of_range_is_no_event(row: str, name: str, value: Any) -> None:
    with pytest.raises(ValueError, match="not a number of ours"):
        events_of(None, ROWS[row] | {name: value})
