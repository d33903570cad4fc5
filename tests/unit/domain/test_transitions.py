"""An update of a schedule with hidden times: each time that was due has one outcome."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest
from agent_schedules.domain.policies import NO_POLICIES, DateRange, Policies
from agent_schedules.domain.schedules import Schedule
from agent_schedules.domain.settlement import Record
from agent_schedules.domain.transitions import Change, deleted, redefined
from agent_schedules.errors import InvalidRequest
from agent_schedules.timing.spec import Cron, Spec

from tests.support.schedules import schedule_of

MIDNIGHT = int(datetime(2026, 3, 2, tzinfo=UTC).timestamp())
MINUTELY, ODD = Cron("* * * * *", "UTC"), Cron("1-59/2 * * * *", "UTC")
TODAY = Policies(exclude=(DateRange.parse("2026-03-02"),))


def update(schedule: Schedule, now: int, *, timing: Spec | None = None, policies: Policies = NO_POLICIES) -> Change:
    definition = replace(schedule.definition, timing=timing or schedule.definition.timing, policies=policies)
    change = redefined(schedule, definition, datetime.fromtimestamp(now, UTC), agent_deletions=0)
    assert change is not None
    return change


def test_a_hidden_time_that_the_new_timing_lacks_is_recorded() -> None:
    skip = MIDNIGHT + 120
    schedule = schedule_of(MINUTELY, MIDNIGHT + 60, skips=(skip,))
    change = update(schedule, skip + 61, timing=ODD)  # 00:03 is due under both, and 00:02 is in the old one alone
    assert change.records == (Record("skipped", "skip_requested", skip, skip, 1),)
    assert change.schedule.state.settled_until == skip + 59
    assert change.schedule.state.next_run_at == skip + 60


def test_a_time_that_only_the_new_policies_hide_is_skipped() -> None:
    schedule = schedule_of(MINUTELY, MIDNIGHT - 120)
    change = update(schedule, MIDNIGHT + 70, policies=TODAY)
    assert change.records == (Record("skipped", "schedule_updated", MIDNIGHT, MIDNIGHT + 60, 2),)
    assert change.schedule.state.next_run_at == MIDNIGHT - 60  # neither hides this one


def test_a_time_that_both_hide_is_left_to_the_new_definition() -> None:
    schedule = schedule_of(MINUTELY, MIDNIGHT - 120, TODAY)
    change = update(schedule, MIDNIGHT + 70, policies=replace(TODAY, spread_seconds=10))
    assert change.records == ()
    assert change.schedule.state.settled_until == MIDNIGHT - 61
    assert change.schedule.state.next_run_at == MIDNIGHT - 60


def test_fewer_runs_than_were_made_are_refused() -> None:
    schedule = schedule_of(MINUTELY, MIDNIGHT, run_count=5, other_runs=2)
    with pytest.raises(InvalidRequest, match=r"policies\.max_runs.*3 scheduled runs"):
        update(schedule, MIDNIGHT + 1, policies=Policies(max_runs=3))
    assert update(schedule, MIDNIGHT + 1, policies=Policies(max_runs=4)).schedule.remaining_runs == 1


def test_more_runs_activate_a_completed_schedule_from_now_on() -> None:
    limited = schedule_of(MINUTELY, MIDNIGHT, Policies(max_runs=3), run_count=3, status="completed")
    change = update(limited, MIDNIGHT + 600, policies=Policies(max_runs=4))
    assert (change.schedule.state.status, change.records, change.rearm) == ("active", (), True)
    assert change.schedule.state.settled_until == MIDNIGHT + 600


def test_a_later_end_activates_a_completed_schedule() -> None:
    end = datetime.fromtimestamp(MIDNIGHT, UTC)
    ended = schedule_of(MINUTELY, MIDNIGHT, Policies(end_at=end), status="completed")
    change = update(ended, MIDNIGHT + 600)
    assert (change.schedule.state.status, change.schedule.state.next_run_at) == ("active", MIDNIGHT + 660)
    with pytest.raises(InvalidRequest, match="no occurrence left"):
        update(ended, MIDNIGHT + 600, policies=Policies(end_at=datetime.fromtimestamp(MIDNIGHT + 600, UTC)))


@pytest.mark.parametrize("change", ["update", "delete"])
def test_hidden_times_after_the_last_run_keep_their_outcome(change: str) -> None:
    until = datetime.fromtimestamp(MIDNIGHT + 119, UTC)
    ended = schedule_of(MINUTELY, MIDNIGHT - 60, replace(TODAY, end_at=until), status="completed")
    now = datetime.fromtimestamp(MIDNIGHT + 600, UTC)
    made = deleted(ended, now) if change == "delete" else update(ended, MIDNIGHT + 600)
    assert made is not None
    assert made.records == (Record("skipped", "excluded", MIDNIGHT, MIDNIGHT + 60, 2),)


@pytest.mark.parametrize("change", ["update", "delete"])
def test_no_time_after_the_last_of_max_runs_has_an_outcome(change: str) -> None:
    spent = schedule_of(MINUTELY, MIDNIGHT - 60, replace(TODAY, max_runs=1), status="completed", run_count=1)
    made = deleted(spent, datetime.fromtimestamp(MIDNIGHT, UTC)) if change == "delete" else update(spent, MIDNIGHT)
    assert made is not None
    assert made.records == ()


def test_a_policy_about_overlap_alone_moves_no_clock() -> None:
    schedule = schedule_of(MINUTELY, MIDNIGHT, last_run_id="run_1")
    change = update(schedule, MIDNIGHT + 70, policies=Policies(overlap="skip", misfire="skip", timeout_seconds=60))
    state = change.schedule.state
    assert (change.records, change.rearm, state.settled_until) == ((), False, MIDNIGHT)
    assert state.open_run_id == "run_1"


def test_a_line_goes_on_behind_the_run_that_it_waits_for() -> None:
    schedule = schedule_of(
        MINUTELY, MIDNIGHT, open_run_id="run_1", waiting=("run_2",), last_run_id="run_3"
    )  # runs overlap now, and one still waits from before
    change = update(schedule, MIDNIGHT + 1, policies=Policies(overlap="queue_all"))
    assert (change.schedule.state.open_run_id, change.schedule.state.waiting) == ("run_1", ("run_2",))
