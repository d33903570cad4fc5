"""The dead man's switch as a function of a state and the time."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest
from agent_schedules.domain.attention import silent_alone
from agent_schedules.domain.policies import Policies
from agent_schedules.domain.runs import RunKey, queued_run
from agent_schedules.domain.schedules import Backfill, Schedule, State
from agent_schedules.domain.silence import Watch, heard, judged, watch_after
from agent_schedules.timing.spec import Interval

from tests.support.schedules import schedule_of

NOW = 1_772_445_600
WATCH = Watch(600, NOW)


def watched(watch: Watch | None = WATCH, *, policies: Policies | None = None, status: str = "active") -> Schedule:
    schedule = schedule_of(Interval(3600, NOW), NOW, policies or Policies(alert_after_seconds=600))
    return replace(schedule, state=replace(schedule.state, watch=watch, status=status))  # type: ignore[arg-type] # cases


def state(watch: Watch | None = WATCH) -> State:
    return watched(watch).state


def test_a_deadline_ends_with_the_silence() -> None:
    assert (WATCH.deadline, replace(WATCH, silent_at=NOW).deadline) == (NOW + 600, None)
    assert not WATCH.over(NOW + 599)
    assert WATCH.over(NOW + 600)


@pytest.mark.parametrize(("completed", "since"), [(5, 5), (0, None), (-5, None)])
def test_a_completed_run_moves_the_deadline_and_never_back(completed: int, since: int | None) -> None:
    after = heard(state(), NOW + completed)
    assert (after.watch if after else None) == (None if since is None else Watch(600, NOW + since))
    assert after is None or after.rev == state().rev + 1


def test_a_completed_run_ends_a_silence() -> None:
    after = heard(state(replace(WATCH, silent_at=NOW + 600)), NOW + 700)
    assert after is not None
    assert after.watch == Watch(600, NOW + 700)


def test_without_a_watch_nothing_is_noted() -> None:
    assert heard(state(None), NOW) is None
    assert judged(state(None), None, deletions=0, now=NOW + 10_000) is None


@pytest.mark.parametrize("after", [600, 5_000])
def test_silence_is_noticed_when_the_time_is_over(after: int) -> None:
    assert judged(state(), None, deletions=0, now=NOW + 599) is None
    found = judged(state(), None, deletions=0, now=NOW + after)
    assert found is not None
    assert found.watch == Watch(600, NOW, silent_at=NOW + after)
    assert judged(found, None, deletions=0, now=NOW + 100_000) is None


@pytest.mark.parametrize("deletions", [None, 1])
def test_a_deleted_agents_schedule_is_no_longer_watched(deletions: int | None) -> None:
    found = judged(state(), None, deletions=deletions, now=NOW + 600)
    assert found is not None
    assert (found.watch, found.status) == (None, "active")


def test_the_newest_run_may_have_completed_unnoted() -> None:
    at = datetime.fromtimestamp(NOW + 300, UTC)
    run = queued_run(RunKey("o", "a", "r"), now=at, agent_version=1, on_behalf_of=None, size=0)
    found = judged(state(), run.ended("completed", now=at, error=None), deletions=0, now=NOW + 600)
    assert found is not None
    assert found.watch == Watch(600, NOW + 300)
    for status in ("failed", "cancelled", "incomplete"):
        found = judged(state(), run.ended(status, now=at, error=None), deletions=0, now=NOW + 600)
        assert found is not None
        assert found.watch == Watch(600, NOW, silent_at=NOW + 600)


@pytest.mark.parametrize(
    ("before", "after", "watch"),
    [
        (watched(), watched(None), WATCH),
        (watched(), watched(None, status="paused"), None),
        (watched(), watched(None, status="deleted"), None),
        (watched(None, status="paused"), watched(None), Watch(600, NOW + 50)),
        (watched(), watched(None, policies=Policies(alert_after_seconds=60)), Watch(60, NOW + 50)),
        (watched(), watched(None, policies=Policies()), None),
        (watched(None, policies=Policies()), watched(None), Watch(600, NOW + 50)),
        (watched(Watch(600, 1, silent_at=2)), watched(None), Watch(600, 1, silent_at=2)),
        (watched(Watch(600, 1, silent_at=2), status="completed"), watched(None), Watch(600, NOW + 50)),
    ],
    ids=["other", "pause", "delete", "resume", "another", "none", "first", "silent", "again"],
)
def test_an_activation_or_another_policy_begins_a_watch(before: Schedule, after: Schedule, watch: Watch | None) -> None:
    assert watch_after(before, after, NOW + 50) == watch


def test_a_row_is_silent_alone_if_nothing_else_is_due() -> None:
    due = NOW + 3_600 + 300
    assert not silent_alone(state(), NOW + 599)
    assert silent_alone(state(), NOW + 600)
    assert not silent_alone(state(), due)
    assert not silent_alone(replace(state(), backfill=Backfill(1, 2, NOW, 0)), NOW + 600)
    assert not silent_alone(state(None), NOW + 600)
