"""A row that no release wrote is told of nowhere: each member that an event would repeat is checked."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from agent_schedules.domain.events import Event
from agent_schedules.domain.wire import LATEST
from agent_schedules.storage.events import LONGEST, Change
from agent_schedules.storage.events import events_of as events_of_change

AT = datetime(2026, 3, 2, 10, tzinfo=UTC)

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
WEBHOOK: dict[str, Any] = {"pk": "local", "sk": "W#whk_1", "disabled_reason": "gone", "rev": 2}
BEFORE: dict[str, Any] = {"webhook": {"pk": "local", "sk": "W#whk_1", "rev": 1}}
ROWS = {"run": RUN, "schedule": SCHEDULE, "record": RECORD, "webhook": WEBHOOK}
TEXTS = [(row, name) for row, members in ROWS.items() for name, value in members.items() if isinstance(value, str)]
NUMBERS = [(row, name) for row, members in ROWS.items() for name, value in members.items() if isinstance(value, int)]


def events_of(row: str, **changed: Any) -> list[Event]:
    """The events of a row as it is written, but for some members."""
    return events_of_change(Change(BEFORE.get(row), ROWS[row] | changed, AT))


@pytest.mark.parametrize("row", ROWS)
def test_a_row_as_it_is_written_has_an_event(row: str) -> None:
    assert events_of(row)


@pytest.mark.parametrize(("row", "name"), TEXTS)
@pytest.mark.parametrize("end", ["\ud800", "x" * LONGEST], ids=["half a pair", "long"])
def test_a_string_that_json_cannot_hold_is_no_event(row: str, name: str, end: str) -> None:
    with pytest.raises(ValueError, match=r"is not a string of ours|surrogates not allowed"):
        events_of(row, **{name: ROWS[row][name] + end})


@pytest.mark.parametrize(("row", "name"), NUMBERS)
@pytest.mark.parametrize("value", [-1, LATEST + 1, 1.5, "1", None, float("nan")], ids=str)
def test_a_number_out_of_range_is_no_event(row: str, name: str, value: Any) -> None:
    with pytest.raises(ValueError, match="not a number of ours"):
        events_of(row, **{name: value})


@pytest.mark.parametrize("text", ["", "[]", "nothing", "[" * 100_000, "{" * 30_000, '{"pause":[]}', None, 1])
def test_a_pause_that_cannot_be_read_stops_no_batch(text: Any) -> None:
    active = {**SCHEDULE, "status": "active", "rev": 1}
    paused = {**SCHEDULE, "status": "paused", "rev": 2, "policy_state": text}
    try:
        (event,) = events_of_change(Change(active, paused, AT))
    except ValueError:
        return
    assert event.data["cause"] == "caller"


@pytest.mark.parametrize(
    ("error", "code"),
    [
        ('{"code":"timeout","message":"m"}', "timeout"),
        ('{"code":"The prompt was: do this","message":"m"}', "unknown"),
        ('{"code":7}', "unknown"),
        ("[]", "unknown"),
        ('{"message":"m"}', "unknown"),
    ],
)
def test_only_a_code_is_told_of_an_error(error: str, code: str) -> None:
    (event,) = events_of("run", status="failed", error=error)
    assert event.data["error_code"] == code
