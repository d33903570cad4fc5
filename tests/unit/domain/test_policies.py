"""The decisions that follow from a policy alone, as tables."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest
from agent_schedules.domain.policies import (
    MOST_LATE,
    MOST_WAITING,
    NO_POLICIES,
    Admission,
    DateRange,
    Misfire,
    Overlap,
    Policies,
    admit,
)

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
HALF_PAST = NOON.replace(microsecond=500_000)
FULL = MOST_WAITING

ADMISSIONS: list[tuple[Overlap, bool, int, Admission]] = [
    # policy, whether a run is open, how many wait, what follows
    ("allow", False, 0, "start"),
    ("allow", True, 0, "start"),
    ("allow", True, FULL, "start"),
    ("skip", False, 0, "start"),
    ("skip", True, 0, "skip"),
    ("skip", True, 1, "skip"),
    ("queue_one", False, 0, "start"),
    ("queue_one", True, 0, "wait"),
    ("queue_one", True, 1, "skip"),
    ("queue_one", True, FULL, "skip"),
    ("queue_all", False, 0, "start"),
    ("queue_all", True, 0, "wait"),
    ("queue_all", True, 1, "wait"),
    ("queue_all", True, FULL - 1, "wait"),
    ("queue_all", True, FULL, "skip"),
    ("cancel_previous", False, 0, "start"),
    ("cancel_previous", True, 0, "wait"),
    ("cancel_previous", True, 1, "wait"),
    ("cancel_previous", True, FULL - 1, "wait"),
    ("cancel_previous", True, FULL, "skip"),
]


@pytest.mark.parametrize(("overlap", "busy", "waiting", "expected"), ADMISSIONS)
def test_an_occurrence_is_admitted_by_this_table(
    overlap: Overlap, busy: bool, waiting: int, expected: Admission
) -> None:
    assert admit(overlap, busy=busy, waiting=waiting) == expected


@pytest.mark.parametrize(("misfire", "runs"), [("skip", 0), ("run_latest", 1), ("run_all", MOST_LATE)])
def test_so_many_late_occurrences_run(misfire: Misfire, runs: int) -> None:
    assert Policies(misfire=misfire).late_runs == runs


def test_the_defaults_are_those_of_a_schedule_without_policies() -> None:
    assert (NO_POLICIES.overlap, NO_POLICIES.misfire, NO_POLICIES.serial) == ("allow", "run_latest", False)
    assert (NO_POLICIES.first, NO_POLICIES.last, NO_POLICIES.spread_seconds) == (None, None, 0)


@pytest.mark.parametrize("overlap", ["skip", "queue_one", "queue_all", "cancel_previous"])
def test_every_policy_but_allow_is_serial(overlap: Overlap) -> None:
    assert Policies(overlap=overlap).serial


@pytest.mark.parametrize(
    ("moment", "first", "last"), [(NOON, 0, 0), (HALF_PAST, 1, 0), (NOON.replace(microsecond=1), 1, 0)]
)
def test_bounds_round_to_the_seconds_within_them(moment: datetime, first: int, last: int) -> None:
    second = int(NOON.timestamp())
    found = Policies(start_at=moment, end_at=moment)
    assert (found.first, found.last) == (second + first, second + last)


@pytest.mark.parametrize(
    ("text", "first", "last"),
    [
        ("2026-12-24", date(2026, 12, 24), date(2026, 12, 24)),
        ("2026-12-24/2026-12-24", date(2026, 12, 24), date(2026, 12, 24)),
        ("2026-12-24/2027-01-02", date(2026, 12, 24), date(2027, 1, 2)),
        ("2028-02-29", date(2028, 2, 29), date(2028, 2, 29)),
    ],
)
def test_a_range_of_dates_is_read_with_both_ends(text: str, first: date, last: date) -> None:
    found = DateRange.parse(text)
    assert found == DateRange(first, last)
    assert first in found
    assert last in found
    assert date.fromordinal(last.toordinal() + 1) not in found
    assert date.fromordinal(first.toordinal() - 1) not in found
    assert DateRange.parse(str(found)) == found


@pytest.mark.parametrize(
    "text", ["", "/", "2026-12-24/", "/2026-12-24", "2026-02-29", "2026-12-24/2026-12-23", "2026-12-24/x", "a/b/c"]
)
def test_what_is_no_range_of_dates_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"^(the range ends|Invalid isoformat|day is out)"):
        DateRange.parse(text)


@pytest.mark.parametrize(
    "other",
    [
        Policies(max_runs=3),
        Policies(overlap="skip"),
        Policies(misfire="run_all"),
        Policies(misfire_grace_seconds=0),
        Policies(timeout_seconds=10),
        Policies(run_retention_days=7),
        Policies(alert_after_seconds=60),
    ],
)
def test_policies_about_runs_leave_the_times_alone(other: Policies) -> None:
    assert NO_POLICIES.same_times(other)
    assert other.same_times(NO_POLICIES)


@pytest.mark.parametrize(
    "other",
    [
        Policies(start_at=NOON),
        Policies(end_at=NOON),
        Policies(spread_seconds=1),
        Policies(exclude=(DateRange(date(2026, 3, 2), date(2026, 3, 2)),)),
    ],
)
def test_policies_about_times_make_other_times(other: Policies) -> None:
    assert not NO_POLICIES.same_times(other)
    assert other.same_times(other)
