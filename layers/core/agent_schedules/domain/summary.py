"""A summary of many schedules, from their states alone. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from agent_schedules.domain.schedules import State, Status
from agent_schedules.ids import nominal_of

HOUR = 3600


@dataclass(frozen=True)
class Lateness:
    """How late the latest runs of schedules were claimed."""

    runs: int
    p50: float | None
    """Seconds."""
    p99: float | None


@dataclass(frozen=True)
class Summary:
    """The totals over the states of some schedules."""

    by_status: Mapping[Status, int]
    due_next_hour: int
    lateness: Lateness


def summary_of(states: Iterable[tuple[str, State]], now: int) -> Summary:
    """Return the summary of states, by the ids of their schedules."""
    statuses: Counter[Status] = Counter()
    due, late = 0, []
    for schedule_id, state in states:
        statuses[state.status] += 1
        due += state.next_run_at is not None and state.next_run_at <= now + HOUR
        seconds = _lateness(schedule_id, state, now)
        if seconds is not None:
            late.append(seconds)
    late.sort()
    return Summary(statuses, due, Lateness(len(late), percentile(late, 50), percentile(late, 99)))


def _lateness(schedule_id: str, state: State, now: int) -> float | None:
    """Return the seconds by which the latest run was claimed after it was due, if its nominal time is in the last
    hour."""
    if state.last_run_id is None or state.last_run_at is None:
        return None
    nominal = nominal_of(schedule_id, state.last_run_id)
    if nominal is None or not now - HOUR < nominal <= now:
        return None
    due_at = nominal if state.last_due_at is None else state.last_due_at
    return max(state.last_run_at.timestamp() - due_at, 0.0)


def percentile(ordered: Sequence[float], percent: int) -> float | None:
    """Return the smallest value that so many percent of the values do not exceed; None if there are none."""
    return ordered[max(-(-len(ordered) * percent // 100), 1) - 1] if ordered else None
