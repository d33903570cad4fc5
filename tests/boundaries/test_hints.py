"""What EventBridge Scheduler hands the runner: a hint whose key and time the rest can work with, or a ValueError."""

from __future__ import annotations

import re
from typing import Any

from agent_schedules.domain.triggers import hint_of
from agent_schedules.domain.wire import LATEST
from agent_schedules.execution.settle import on_hint
from hypothesis import strategies as st

from tests.boundaries.hostile import event, hostile, is_json, mutants, values
from tests.support.world import LEASE, World

HINT = event("runner_hint")
WORLD = World()


@hostile(mutants(HINT, most=3) | values, examples=300)
def test_an_event_of_any_kind_is_a_hint_or_none(sent: Any) -> None:
    try:
        hint = hint_of(sent)
    except ValueError:
        return
    assert all(re.fullmatch(r"[A-Za-z0-9_:-]+", part) for part in vars(hint.key).values())
    assert hint.at is None or 0 <= hint.at <= LATEST
    assert is_json(hint.body())
    assert on_hint(WORLD.ports, hint, lease=LEASE) == "gone"


times = st.datetimes().map(str) | st.builds(
    "{:%Y-%m-%dT%H:%M:%S}{}".format, st.datetimes(), st.sampled_from(["Z", "+23:59", "-23:59", ""])
)


@hostile(times, examples=150)
def test_a_time_of_any_kind_is_a_moment_or_unknown(time: str) -> None:
    at = hint_of(HINT | {"scheduled_time": time}).at
    assert at is None or 0 <= at <= LATEST
