"""Random policies: bounds, excluded dates and numbers of runs that cut into what happens near an instant."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

from agent_schedules.domain.policies import DateRange, Policies
from hypothesis import strategies as st


def _bounds(instant: int) -> st.SearchStrategy[list[datetime | None]]:
    """A start and an end around an instant, to the millisecond, each left out half the time."""
    near = st.integers(-3 * 86_400_000, 40 * 86_400_000)
    moment = near.map(lambda ms: datetime.fromtimestamp(instant, UTC) + timedelta(milliseconds=ms))
    pair = st.lists(moment, min_size=2, max_size=2).map(sorted)
    return st.tuples(pair, st.booleans(), st.booleans()).map(
        lambda drawn: [drawn[0][0] if drawn[1] else None, drawn[0][1] if drawn[2] else None]
    )


def _days(instant: int) -> st.SearchStrategy[DateRange]:
    today = datetime.fromtimestamp(instant, UTC).date()

    def ranged(drawn: tuple[int, int]) -> DateRange:
        first: date = today + timedelta(days=drawn[0])
        return DateRange(first, first + timedelta(days=drawn[1]))

    return st.tuples(st.integers(-2, 60), st.sampled_from([0, 0, 0, 1, 2, 20])).map(ranged)


@st.composite
def policies(draw: st.DrawFn, instant: int) -> Policies:
    """Policies of a schedule that is looked at at `instant`, UTC seconds."""
    start_at, end_at = draw(_bounds(instant))
    values: dict[str, Any] = {
        "start_at": start_at,
        "end_at": end_at,
        "exclude": tuple(draw(st.lists(_days(instant), max_size=6, unique=True))),
        "max_runs": draw(st.none() | st.integers(1, 8)),
        "spread_seconds": draw(st.just(0) | st.integers(0, 900)),
        "overlap": draw(st.sampled_from(["allow", "skip", "queue_one", "queue_all", "cancel_previous"])),
        "misfire": draw(st.sampled_from(["run_latest", "skip", "run_all"])),
        "misfire_grace_seconds": draw(st.none() | st.integers(0, 604_800)),
        "timeout_seconds": draw(st.none() | st.integers(10, 604_800)),
        "run_retention_days": draw(st.none() | st.integers(0, 3650)),
        "alert_after_seconds": draw(st.none() | st.integers(60, 31 * 86_400)),
    }
    return Policies(**values)
